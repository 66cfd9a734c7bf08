from biami_engine.config import TurnConfig
from biami_engine.core.backchannels import is_backchannel, is_echo
from biami_engine.core.turns import JUDGE_SECONDS, Decision, TurnTaking

PAUSE, CONFIRM, DROP, RESUME = Decision.PAUSE, Decision.CONFIRM, Decision.DROP, Decision.RESUME
FOR_EVER = float("inf")


def taking(knows_words: bool = True, **config: object) -> TurnTaking:
    turns = TurnTaking(TurnConfig(**{"confirm_ms": 250, "judge_up_to_ms": 700, **config}))  # type: ignore[arg-type]
    turns.knows_words = knows_words
    return turns


def started(
    turns: TurnTaking, now: float, *, audible: bool = True, protected: float | None = None, ago: float = 0.0
) -> list[Decision]:
    return turns.speech_started(now, ago, audible, protected)


def test_without_confirmation_the_first_witness_interrupts() -> None:
    assert started(taking(confirm_ms=0), 1.0) == [PAUSE, CONFIRM, DROP]


def test_nothing_to_interrupt_is_no_interruption() -> None:
    turns = taking()
    assert started(turns, 1.0, audible=False) == []
    assert turns.caller_speaking


def test_a_second_witness_of_the_same_speech_decides_nothing() -> None:
    turns = taking()
    started(turns, 1.0)
    assert started(turns, 1.1) == []


def test_long_speech_is_confirmed_and_then_drops_the_rest() -> None:
    turns = taking()
    assert started(turns, 1.0) == [PAUSE]
    assert turns.time_passed(1.24) == []
    assert turns.time_passed(1.25) == [CONFIRM]
    assert turns.next_deadline == 1.7
    assert turns.time_passed(1.7) == [DROP]
    assert not turns.undecided
    assert turns.next_deadline is None


def test_a_short_noise_resumes() -> None:
    turns = taking()
    started(turns, 1.0)
    assert turns.speech_stopped(1.2) == [RESUME]
    assert not turns.undecided


def test_speech_that_lasted_before_it_was_heard_counts() -> None:
    assert started(taking(), 1.0, ago=300.0) == [PAUSE, CONFIRM]
    turns = taking()
    started(turns, 1.0)
    assert turns.speech_stopped(1.8, ago_ms=600.0) == [RESUME]


def test_a_short_interruption_is_judged_by_its_words() -> None:
    for text, verdict in (("mm-hm", RESUME), ("Ja, genau.", DROP), ("Stop please", DROP), ("", RESUME)):
        turns = taking()
        started(turns, 1.0)
        turns.time_passed(1.25)
        assert turns.speech_stopped(1.5) == []
        assert turns.undecided
        assert turns.words(text, "en") == [verdict]


def test_words_that_never_come_are_not_waited_for_long() -> None:
    turns = taking()
    started(turns, 1.0)
    turns.time_passed(1.25)
    turns.speech_stopped(1.5)
    assert turns.time_passed(1.5 + JUDGE_SECONDS) == [DROP]


def test_whoever_goes_on_after_a_short_word_means_it() -> None:
    turns = taking()
    started(turns, 1.0)
    turns.time_passed(1.25)
    turns.speech_stopped(1.5)
    assert started(turns, 1.6) == []
    assert turns.time_passed(2.3) == [DROP]


def test_where_no_words_will_come_length_decides() -> None:
    turns = taking(knows_words=False)
    started(turns, 1.0)
    assert turns.time_passed(1.25) == [CONFIRM, DROP]


def test_protected_words_and_agents_that_cannot_be_interrupted() -> None:
    assert started(taking(), 1.0, protected=FOR_EVER) == []
    assert started(taking(interruptions=False), 1.0) == []


def test_who_still_speaks_when_the_protection_ends_is_taken_seriously() -> None:
    turns = taking()
    started(turns, 1.0, protected=1.6)
    assert turns.time_passed(1.6) == [PAUSE]
    assert turns.time_passed(1.85) == [CONFIRM]
    gone = taking()
    started(gone, 1.0, protected=1.6)
    gone.speech_stopped(1.4)
    assert gone.next_deadline is None
    sentence = taking()
    started(sentence, 1.0, protected=FOR_EVER)
    assert sentence.protection_over(2.0, audible=True) == [PAUSE]


def test_backchannels_of_several_languages() -> None:
    listening = (("Mm-hm.", "en"), ("uh huh", "en"), ("Ja, ja.", "de-DE"), ("d'accord", "fr"), ("Vale", "es"))
    for text, language in listening:
        assert is_backchannel(text, language), text
    speaking = (("Yes, but wait", "en"), ("no", "en"), ("Moment mal", "de"), ("", "en"), ("ok " * 5, "en"))
    for text, language in speaking:
        assert not is_backchannel(text, language), text


def test_our_own_sentence_come_back_is_an_echo() -> None:
    said = "Good morning, this is Biami. How may I help you today?"
    assert is_echo("this is Biami how may I", said)
    assert is_echo("how can I help you today", said)
    assert not is_echo("I need help with my heating", said)
    assert not is_echo("Biami", said)
    assert is_echo("Good", said)
    assert is_echo("may I", said)
    assert not is_echo("I may", said)
    assert not is_echo("No", "No, we are closed.")


SAID = "Good morning, this is Biami. How may I help you today?"


def test_after_its_own_echo_the_agent_speaks_on_until_words_say_otherwise() -> None:
    turns = taking()
    started(turns, 1.0)
    turns.time_passed(1.25)
    turns.speech_stopped(1.5)
    assert turns.heard_itself("Good morning", SAID)
    assert turns.words("Good morning", "en", echo=True) == [RESUME]
    assert started(turns, 2.0) == []
    assert turns.time_passed(9.0) == []
    assert turns.speech_stopped(9.0) == []
    assert turns.undecided
    assert turns.words("this is Biami", "en", echo=turns.heard_itself("this is Biami", SAID)) == []
    assert not turns.undecided
    started(turns, 10.0)
    turns.speech_stopped(11.0)
    assert turns.words("I have a question", "en", echo=turns.heard_itself("I have a question", SAID)) == [
        PAUSE,
        CONFIRM,
        DROP,
    ]


def test_a_speakerphone_is_known_from_the_start_and_words_that_never_come_decide_nothing() -> None:
    turns = taking(speakerphone=True)
    assert started(turns, 1.0) == []
    turns.speech_stopped(2.0)
    assert turns.next_deadline == 2.0 + JUDGE_SECONDS
    assert turns.time_passed(2.0 + JUDGE_SECONDS) == []
    assert not turns.undecided
    assert started(taking(knows_words=False, speakerphone=True), 1.0) == [PAUSE]


def test_our_words_are_no_echo_while_we_are_silent() -> None:
    turns = taking()
    started(turns, 1.0, audible=False)
    assert not turns.heard_itself("Good morning, this is Biami", SAID)
    assert not turns.echoes
