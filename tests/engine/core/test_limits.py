from biami_engine.config import IdleConfig
from biami_engine.core.limits import Due, Limits

IDLE = IdleConfig(after_seconds=10, prompts=("One?", "Two?"), goodbye="Bye.", absolute_silence_seconds=60)


def climb(limits: Limits, now: float) -> tuple[Due, str] | None:
    """What is due at `now`, said and heard out at once."""
    due = limits.time_passed(now)
    limits.set_busy(True, now)
    limits.set_busy(False, now)
    return due


def test_the_ladder_asks_in_turn_then_says_goodbye() -> None:
    limits = Limits(IDLE)
    limits.answered(0.0, 900)
    assert limits.next_deadline == 10
    assert limits.time_passed(9.9) is None
    assert climb(limits, 10) == (Due.IDLE_PROMPT, "One?")
    assert climb(limits, 20) == (Due.IDLE_PROMPT, "Two?")
    assert climb(limits, 30) == (Due.IDLE_GOODBYE, "Bye.")


def test_a_word_of_the_caller_starts_the_ladder_anew() -> None:
    limits = Limits(IDLE)
    limits.answered(0.0, 900)
    climb(limits, 10)
    limits.caller_heard(12)
    assert climb(limits, 22) == (Due.IDLE_PROMPT, "One?")


def test_the_ladder_waits_while_somebody_speaks() -> None:
    limits = Limits(IDLE)
    limits.answered(0.0, 900)
    limits.set_busy(True, 5)
    assert limits.time_passed(50) is None
    limits.set_busy(False, 50)
    assert limits.time_passed(59.9) is None
    assert limits.time_passed(60) == (Due.ABSOLUTE_SILENCE, "")


def test_the_longest_duration_comes_before_everything() -> None:
    limits = Limits(IDLE)
    limits.answered(0.0, 60)
    assert limits.time_passed(60) == (Due.MAX_DURATION, "")


def test_before_the_answer_nothing_is_due() -> None:
    limits = Limits(IDLE)
    limits.set_busy(False, 0.0)
    assert limits.next_deadline is None
    assert limits.time_passed(1e6) is None
