"""Who answered: words and cadence in, verdicts out; time is an argument."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.core.answering import AnswerSupervisor, Finding, Identified, MessageMayStart
from biami_engine.core.answering_evidence import Words, plain_text
from biami_engine.interface import AnsweredBy

HUMAN, VOICEMAIL, SCREENING, IVR, NO_MESSAGE, UNKNOWN = AnsweredBy
HANG_OVER = 0.5


class Call:
    """An answered call, told in order; notes what was found and when."""

    def __init__(self) -> None:
        self.supervisor = AnswerSupervisor()
        self.now = 0.0
        self.found: list[tuple[float, Finding]] = []
        self._note(self.supervisor.answered(0.0))

    def wait(self, seconds: float) -> Call:
        until = self.now + seconds
        while (deadline := self.supervisor.next_deadline) is not None and deadline <= until:
            self.now = deadline
            self._note(self.supervisor.time_passed(deadline))
        self.now = until
        return self

    def say(self, text: str | None, seconds: float, clear: bool = True) -> Call:
        """Speech, noticed late as a detector does; its words come with the end of the hang-over. None: no words."""
        self.wait(0.1)
        self._note(self.supervisor.voice_started(self.now, 100))
        self.wait(seconds + HANG_OVER - 0.1)
        self._note(self.supervisor.voice_stopped(self.now, HANG_OVER * 1000))
        if text is not None:
            self._note(self.supervisor.heard(text, self.now, True, clear))
        return self

    def beep(self, hz: float = 1000, seconds: float = 0.4) -> Call:
        self.wait(seconds + 0.12)
        self._note(self.supervisor.beep(hz, self.now, 120))
        return self

    def carrier(self, who: AnsweredBy, greeting_over: bool = False) -> Call:
        self._note(self.supervisor.carrier_says(who, self.now, greeting_over))
        return self

    def _note(self, findings: Sequence[Finding]) -> None:
        self.found += [(self.now, finding) for finding in findings]

    @property
    def verdicts(self) -> list[AnsweredBy]:
        return [finding.answered_by for _, finding in self.found if isinstance(finding, Identified)]

    @property
    def message_at(self) -> float | None:
        return next((at for at, finding in self.found if isinstance(finding, MessageMayStart)), None)


def test_a_short_greeting_and_silence_is_a_person_soon() -> None:
    call = Call().wait(0.5).say("Hello?", 0.5).wait(5)
    assert call.verdicts == [HUMAN]
    at, _ = call.found[0]
    assert at == pytest.approx(1.8)
    assert call.message_at is None


def test_without_words_cadence_decides() -> None:
    call = Call().say(None, 0.6).wait(5)
    assert call.verdicts == [HUMAN]
    assert call.found[0][0] == pytest.approx(0.6 + 1.6)


def test_a_message_starts_after_the_beep() -> None:
    call = Call().say("Hi, this is Al. Please leave a message after the tone.", 4).wait(0.3).beep().wait(5)
    assert call.verdicts == [VOICEMAIL]
    assert call.found[-1] == (pytest.approx(0.1 + 4 + HANG_OVER - 0.1 + 0.3 + 0.52), MessageMayStart(after_beep=True))
    assert not call.supervisor.listening


def test_a_greeting_without_a_beep_is_waited_out() -> None:
    call = Call().say("You have reached Al. Please leave your message now, after the signal.", 4).wait(10)
    assert call.verdicts == [VOICEMAIL]
    assert call.message_at == pytest.approx(4 + 3.0)
    assert call.found[-1][1] == MessageMayStart(after_beep=False)


def test_a_pause_in_the_greeting_starts_no_message() -> None:
    call = Call().say("Please leave a message after the tone.", 3).wait(1.5).say("Thank you for calling.", 1.5)
    assert call.message_at is None
    assert call.wait(5).message_at == pytest.approx(call.now - 5 - HANG_OVER + 3.0)


def test_nobody_speaks_over_a_greeting_that_still_runs() -> None:
    call = Call()
    call.supervisor.voice_started(0.2)
    call.now = 3.0
    call._note(call.supervisor.heard("Please leave a message after the", 3.0, final=False))
    call._note(call.supervisor.heard("Please leave a message after the tone, or press one", 4.0, final=False))
    call.now = 4.0
    assert call.wait(20).verdicts == [VOICEMAIL]
    assert call.message_at is None


@pytest.mark.parametrize(
    ("text", "seconds", "who"),
    [
        ("Please state your name and why you are calling.", 3, SCREENING),
        ("Bitte nennen Sie Ihren Namen.", 2, SCREENING),
        ("For billing, press one. For support, press two.", 4, IVR),
        ("Für Fragen zur Rechnung drücken Sie die Eins.", 4, IVR),
        ("The mailbox is full. Goodbye.", 2, NO_MESSAGE),
        ("Kein Anschluss unter dieser Nummer.", 3, NO_MESSAGE),
        ("Die Mailbox ist leider voll.", 2, NO_MESSAGE),
        ("Bitte hinterlassen Sie eine Nachricht nach dem Signalton.", 4, VOICEMAIL),
        ("Der Teilnehmer ist nicht erreichbar. Sie können eine Nachricht hinterlassen.", 5, VOICEMAIL),
        ("Hier ist der Anrufbeantworter von Familie Groß, wir rufen zurück.", 4, VOICEMAIL),
    ],
)
def test_machines_by_their_words(text: str, seconds: float, who: AnsweredBy) -> None:
    assert Call().say(text, seconds).wait(10).verdicts == [who]


@pytest.mark.parametrize(
    "text",
    [
        "He is not available right now, can I take a message?",
        "Would you like to leave a message on her voicemail?",
        "You have reached the front desk, how may I help you?",
        "Did you leave a voicemail for me?",
        "I got your message after lunch.",
        "Nein, er ist gerade nicht erreichbar, soll ich ihm etwas ausrichten?",
        "Hallo, wer ist da? Ich habe nur die Mailbox erreicht.",
        "Guten Tag, Praxis Doktor Weber, was kann ich für Sie tun?",
        "May I ask who is calling, please?",
    ],
)
@pytest.mark.parametrize("carrier", [None, VOICEMAIL, UNKNOWN])
def test_people_who_speak_of_messages_stay_people(text: str, carrier: AnsweredBy | None) -> None:
    call = Call()
    if carrier is not None:
        call.carrier(carrier)
    assert call.say(text, 2.8).wait(10).verdicts == [HUMAN]


def test_a_beep_after_a_mere_hello_makes_no_machine() -> None:
    assert Call().say("Hello?", 0.5).beep().wait(10).verdicts == [HUMAN]


def test_a_beep_after_long_words_makes_one() -> None:
    text = "Hi, you know who this is and what to do, so go on and do it."
    assert Call().say(text, 4).wait(0.2).beep().wait(5).verdicts == [VOICEMAIL]


def test_a_beep_alone_is_a_machine_but_ringback_is_not() -> None:
    assert Call().wait(1).beep(1000).wait(5).verdicts == [VOICEMAIL]
    assert Call().wait(1).beep(425, 1.0).wait(10).verdicts == [UNKNOWN]


def test_a_wrong_person_is_corrected_by_sure_words() -> None:
    call = Call().say("Hello.", 0.4).wait(1)
    assert call.verdicts == [HUMAN]
    call.say("You have reached Al. Leave a message after the beep.", 3).wait(0.2).beep().wait(1)
    assert call.verdicts == [HUMAN, VOICEMAIL]
    assert call.message_at is not None


def test_signs_alone_do_not_correct_a_person() -> None:
    call = Call().say("Hello.", 0.4).wait(1).say("I will call you back, I'm not available.", 4).wait(10)
    assert call.verdicts == [HUMAN]


def test_after_our_name_a_screener_may_pass_us_on_or_take_a_message() -> None:
    for text, seconds, who in (("Hello?", 0.4, HUMAN), ("Please leave a message after the tone.", 2.5, VOICEMAIL)):
        call = Call().say("Please state your name.", 1.5).wait(1).say("Stay on the line.", 1).wait(4)
        assert call.verdicts == [SCREENING]
        call.supervisor.introduced(call.now)
        assert call.wait(3).say(text, seconds).wait(5).verdicts == [SCREENING, who]


def test_a_mailbox_that_is_full_in_the_end_takes_no_message() -> None:
    call = Call().say("Please leave a message after the tone.", 2.5).say("I'm sorry, this mailbox is full.", 2).wait(9)
    assert call.verdicts == [VOICEMAIL, NO_MESSAGE]
    assert call.message_at is None


def test_the_carrier_counts_after_long_speech_only() -> None:
    assert Call().carrier(VOICEMAIL).say(None, 0.8).wait(10).verdicts == [HUMAN]
    assert Call().carrier(VOICEMAIL).say(None, 5).wait(10).verdicts == [VOICEMAIL]
    assert Call().carrier(HUMAN).say(None, 5).wait(10).verdicts == [HUMAN]


def test_the_carrier_knows_when_the_greeting_is_over() -> None:
    call = Call().say("Please leave a message after the tone.", 3).carrier(VOICEMAIL, greeting_over=True)
    assert call.message_at == call.now


def test_words_in_another_language_prove_nothing() -> None:
    call = Call().say("Ticket in the Nuckry dinner", 5, clear=False).wait(4)
    assert call.verdicts == [UNKNOWN]
    assert call.beep().verdicts == [UNKNOWN, VOICEMAIL]


def test_silence_is_unknown_and_a_late_hello_a_person() -> None:
    call = Call().wait(8)
    assert call.verdicts == [UNKNOWN]
    assert call.say("Hello?", 0.5).wait(3).verdicts == [UNKNOWN, HUMAN]


def test_a_person_who_never_stops_is_unknown_in_the_end() -> None:
    call = Call()
    call._note(call.supervisor.voice_started(0.5))
    assert call.wait(70).verdicts == [UNKNOWN]
    assert not call.supervisor.listening
    assert call.supervisor.next_deadline is None


@pytest.mark.parametrize("start", [0.0, 0.1, 1 / 3, 1234.567, 987654.321])
def test_a_deadline_is_kept_on_any_clock(start: float) -> None:
    """Sums of floats are not exact; each deadline is named once, so each must do what it is for."""
    supervisor = AnswerSupervisor()
    supervisor.answered(start)
    supervisor.voice_started(start + 0.7)
    supervisor.voice_stopped(start + 1.9, 500)
    supervisor.heard("Hello?", start + 1.9)
    deadline = supervisor.next_deadline
    assert deadline == pytest.approx(start + 1.4 + 0.8)
    assert [type(finding) for finding in supervisor.time_passed(deadline)] == [Identified]


def test_before_the_answer_nothing_is_found() -> None:
    supervisor = AnswerSupervisor()
    assert supervisor.heard("Please leave a message after the tone.", 1.0) == ()
    assert supervisor.next_deadline is None


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.floats(0.1, 8), st.sampled_from([None, "Hello?", "Yes, speaking.", "press one"])),
        st.tuples(st.just("beep"), st.floats(0.2, 1), st.none()),
        st.tuples(st.just("wait"), st.floats(0, 10), st.none()),
        st.tuples(st.just("carrier"), st.sampled_from(list(AnsweredBy)), st.none()),
    ),
    max_size=8,
)


@given(_STEPS)
def test_whatever_happens_it_ends_with_one_verdict_and_at_most_one_message(
    steps: list[tuple[str, object, object]],
) -> None:
    call = Call()
    for word, argument, text in steps:
        if word == "say":
            call.say(text, argument)  # type: ignore[arg-type]  # drawn to fit
        elif word == "beep":
            call.beep(seconds=argument)  # type: ignore[arg-type]  # drawn to fit
        elif word == "wait":
            call.wait(argument)  # type: ignore[arg-type]  # drawn to fit
        else:
            call.carrier(argument)  # type: ignore[arg-type]  # drawn to fit
    call.wait(200)
    assert call.verdicts
    assert not call.supervisor.listening
    assert sum(isinstance(finding, MessageMayStart) for _, finding in call.found) <= 1
    assert all(before is not after for before, after in zip(call.verdicts, call.verdicts[1:], strict=False))


def test_plain_text() -> None:
    assert plain_text("I can't — Grüß Gott, Straße!  PRESS 1.") == "i cant gruss gott strasse press 1"


def test_a_phrase_may_be_cut_by_a_pause() -> None:
    words = Words()
    words.add("Please leave your message", final=True, clear=True)
    assert not words.sure_of(VOICEMAIL)
    words.add("after the tone.", final=True, clear=True)
    assert words.sure_of(VOICEMAIL)
