from biami_engine.config import TurnConfig
from biami_engine.core.turns import Decision, TurnTaking


def started(turns: TurnTaking, now: float, *, audible: bool = True, protected: bool = False) -> Decision | None:
    return turns.speech_started(now, 0.0, audible, protected)


def test_without_confirmation_the_first_witness_interrupts() -> None:
    assert started(TurnTaking(TurnConfig()), 1.0) is Decision.CONFIRM


def test_nothing_to_interrupt_is_no_interruption() -> None:
    turns = TurnTaking(TurnConfig())
    assert started(turns, 1.0, audible=False) is None
    assert turns.caller_speaking


def test_a_second_witness_of_the_same_speech_decides_nothing() -> None:
    turns = TurnTaking(TurnConfig())
    started(turns, 1.0)
    assert started(turns, 1.1) is None


def test_a_candidate_is_confirmed_by_time() -> None:
    turns = TurnTaking(TurnConfig(confirm_ms=400))
    assert started(turns, 1.0) is Decision.PAUSE
    assert turns.next_deadline == 1.4
    assert turns.time_passed(1.39) is None
    assert turns.time_passed(1.4) is Decision.CONFIRM
    assert turns.next_deadline is None


def test_a_short_noise_resumes() -> None:
    turns = TurnTaking(TurnConfig(confirm_ms=400))
    started(turns, 1.0)
    assert turns.speech_stopped(1.2) is Decision.RESUME
    assert not turns.candidate


def test_speech_that_lasted_before_it_was_heard_counts() -> None:
    turns = TurnTaking(TurnConfig(confirm_ms=400))
    assert turns.speech_started(1.0, 500.0, True, False) is Decision.CONFIRM
    turns = TurnTaking(TurnConfig(confirm_ms=400))
    turns.speech_started(1.0, 0.0, True, False)
    assert turns.speech_stopped(1.9, ago_ms=600.0) is Decision.RESUME


def test_protected_words_and_agents_that_cannot_be_interrupted() -> None:
    assert started(TurnTaking(TurnConfig()), 1.0, protected=True) is None
    assert started(TurnTaking(TurnConfig(interruptions=False)), 1.0) is None
