"""Until it is known who answered, nothing private is said; then each kind gets what it should."""

from __future__ import annotations

import pytest

from biami_engine.config import AnsweringConfig, ContextConfig
from biami_engine.core import commands as cmd
from biami_engine.core import events as ev
from biami_engine.core.answer_gate import INTRODUCE
from biami_engine.core.states import CallState
from biami_engine.interface import AnsweredBy, Direction, EndReason, Outcome, Role

LEG = "leg"
GREETING = "You have reached Anna. Please leave a message after the tone."


@pytest.fixture
def dialled(call):
    """A placed call that was just picked up; the agent waits for the first word."""

    def make(**policy):
        context = ContextConfig("c", opening="wait_for_caller", answering=AnsweringConfig(**policy))
        driver = call(context, direction=Direction.OUTBOUND)
        driver.hear(ev.Answered(LEG), ev.BackendOpened(1, answers_turns=False, knows_words=True, remote=True))
        return driver

    return make


def says(driver, text: str, seconds: float) -> None:
    driver.hear(ev.SpeechStarted(1, f"u{driver.now}"))
    driver.wait(seconds)
    driver.hear(ev.SpeechStopped(1))
    driver.wait(0.2)
    driver.hear(ev.Transcript(1, f"u{driver.now}", Role.CALLER, text))


def answers(driver, audio, item: str = "a") -> None:
    driver.hear(ev.ResponseStarted(1, "r"), ev.AgentAudio(1, item, audio(2000)), ev.AgentAudioDone(1, item))
    driver.hear(ev.ResponseDone(1, "r"))


def played(driver) -> list[str]:
    return [command.item_id for command in driver.of(cmd.PlayToCaller)]


def test_a_person_hears_the_answer_as_soon_as_it_is_known(dialled, audio) -> None:
    driver = dialled()
    says(driver, "Hello?", 0.6)
    answers(driver, audio)
    assert played(driver) == []
    driver.wait(1.0)
    assert driver.session.call.answered_by is AnsweredBy.HUMAN
    assert played(driver) == ["a"]


def test_a_voicemail_is_hung_up_on_and_hears_nothing(dialled, audio) -> None:
    driver = dialled()
    says(driver, GREETING, 4.0)
    answers(driver, audio)
    driver.hear(ev.BeepHeard(LEG, 1000.0, 20.0))
    driver.wait(3)
    driver.hear(ev.RemoteHangup(LEG))
    assert played(driver) == []
    assert driver.told[-1] == cmd.EndCall(Outcome.VOICEMAIL_NO_MESSAGE, EndReason.AGENT_HANGUP)


def test_a_message_starts_after_the_beep(dialled, audio) -> None:
    driver = dialled(on_voicemail="leave_message", message="It is about the cellar.")
    says(driver, GREETING, 4.0)
    answers(driver, audio)
    driver.wait(1)
    assert driver.of(cmd.Speak) == []
    driver.hear(ev.BeepHeard(LEG, 1000.0, 20.0))
    assert [command.text for command in driver.of(cmd.Speak)] == ["It is about the cellar."]
    driver.hear(ev.AgentAudio(1, "say-1", audio(1500)), ev.SpokenDone("say-1", True))
    assert played(driver) == ["say-1"]
    driver.hear(ev.Played(LEG, "say-1", 1500), ev.RemoteHangup(LEG))
    assert driver.told[-1] == cmd.EndCall(Outcome.VOICEMAIL_LEFT, EndReason.AGENT_HANGUP)


def test_a_screener_is_told_who_calls(dialled, audio) -> None:
    driver = dialled()
    says(
        driver,
        "Hi, the person you are calling is using a screening service. Please state your name and why you call.",
        5,
    )
    driver.wait(1)
    assert driver.session.call.answered_by is AnsweredBy.SCREENING
    assert cmd.RequestResponse(1, INTRODUCE) in driver.told
    answers(driver, audio)
    says(driver, "Stay on the line.", 1.0)
    assert driver.session.call.answered_by is AnsweredBy.SCREENING
    driver.hear(ev.RemoteHangup(LEG))
    assert driver.told[-1] == cmd.EndCall(Outcome.SCREENED, EndReason.CALLER_HANGUP)


def test_an_answer_to_a_screener_that_was_only_asked_for_is_taken_back(dialled) -> None:
    driver = dialled()
    says(driver, "This is a call screening service. Please say your name and why you are calling.", 4.0)
    kinds = (cmd.RequestResponse, cmd.CancelResponse)
    asked = [command for command in driver.told if isinstance(command, kinds)]
    assert [type(command) for command in asked] == [cmd.RequestResponse, cmd.CancelResponse, cmd.RequestResponse]
    assert asked[-1] == cmd.RequestResponse(1, INTRODUCE)


def test_nothing_is_said_between_the_greeting_and_the_beep(dialled, audio) -> None:
    driver = dialled(on_voicemail="leave_message")
    says(driver, GREETING, 4.0)
    says(driver, "Thank you.", 0.8)
    answers(driver, audio, "b")
    driver.wait(0.5)
    assert played(driver) == []


def test_the_first_sentence_does_not_wait_for_a_silent_callee(call, audio) -> None:
    driver = call(ContextConfig("c"), direction=Direction.OUTBOUND)
    driver.hear(ev.Answered(LEG), ev.BackendOpened(1, answers_turns=False, knows_words=True))
    answers(driver, audio)
    assert played(driver) == ["a"]


def test_an_incoming_call_is_never_examined(call, audio) -> None:
    driver = call(ContextConfig("c", opening="wait_for_caller"))
    driver.hear(ev.Answered(LEG), ev.BackendOpened(1, answers_turns=False, knows_words=True))
    says(driver, GREETING, 4.0)
    answers(driver, audio)
    assert played(driver) == ["a"]
    assert not driver.session.listens_for_beeps


def test_switched_off_the_carriers_word_stands_alone(dialled) -> None:
    driver = dialled(detect=False)
    driver.hear(ev.AnsweredByDetected(LEG, AnsweredBy.VOICEMAIL))
    assert driver.session.call.answered_by is AnsweredBy.VOICEMAIL
    assert driver.session.state is CallState.LIVE
