import pytest

from biami_engine.core.dead_ends import (
    GOODBYE_SECONDS,
    MAX_MONOLOGUE,
    MAX_REPEATS,
    MUTUAL_GOODBYE_SECONDS,
    DeadEnd,
    DeadEnds,
    is_goodbye,
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you for calling. Goodbye!", "en"),
        ("Alright, have a great day.", "en-US"),
        ("Vielen Dank, auf Wiederhören.", "de"),
        ("Ich wünsche Ihnen einen schönen Tag!", "de-DE"),
        ("Merci, au revoir.", "fr"),
    ],
)
def test_a_goodbye_is_heard(text: str, language: str) -> None:
    assert is_goodbye(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Before we say goodbye, may I have your name?",
        "Goodbye is what I would say. But what is your number?",
        "We are open from nine to five.",
        "",
        "The song is called standby me.",
    ],
)
def test_other_words_are_none(text: str) -> None:
    assert not is_goodbye(text, "en")


def test_after_a_goodbye_that_was_heard_the_call_ends() -> None:
    ends = DeadEnds("en")
    ends.agent_said("Goodbye.")
    ends.agent_silent(10.0, silent=False)
    assert ends.next_deadline is None
    ends.agent_silent(11.0, silent=True)
    assert ends.next_deadline == 11.0 + GOODBYE_SECONDS
    ends.agent_silent(12.0, silent=True)
    assert ends.time_passed(14.9) is None
    assert ends.time_passed(15.0) is DeadEnd.GOODBYE
    assert ends.next_deadline is None


def test_a_caller_with_more_to_say_is_heard() -> None:
    ends = DeadEnds("en")
    ends.agent_said("Goodbye.")
    ends.agent_silent(11.0, silent=True)
    ends.caller_speaks()
    assert ends.next_deadline is None
    assert ends.caller_said("Wait, one more thing", 13.0) is None
    ends.agent_silent(14.0, silent=True)
    assert ends.next_deadline is None


def test_when_both_said_goodbye_it_is_soon_over() -> None:
    ends = DeadEnds("en")
    ends.agent_said("Goodbye.")
    ends.agent_silent(11.0, silent=True)
    ends.caller_speaks()
    ends.caller_said("Bye.", 12.0)
    assert ends.time_passed(12.0 + MUTUAL_GOODBYE_SECONDS) is DeadEnd.GOODBYE


def test_a_monologue_ends_and_a_word_or_a_key_breaks_it() -> None:
    ends = DeadEnds("en")
    for _ in range(MAX_MONOLOGUE - 1):
        assert ends.responded() is None
    ends.caller_said("Hello", 1.0)
    for _ in range(MAX_MONOLOGUE - 1):
        assert ends.responded() is None
    ends.key_pressed()
    for _ in range(MAX_MONOLOGUE - 1):
        assert ends.responded() is None
    assert ends.responded() is DeadEnd.MONOLOGUE


def test_an_announcement_that_loops_is_no_conversation() -> None:
    ends = DeadEnds("en")
    for _ in range(MAX_REPEATS - 1):
        assert ends.caller_said("All our agents are busy.", 1.0) is None
    assert ends.caller_said("All our agents are busy.", 1.0) is DeadEnd.LOOP
    for _ in range(10):
        assert ends.caller_said("Yes.", 1.0) is None
