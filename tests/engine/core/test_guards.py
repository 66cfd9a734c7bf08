"""A mind that leaves decisions to the core: when it is asked, when it is not, and what happens when it is gone."""

from __future__ import annotations

import pytest

from biami_engine.config import ContextConfig, FailoverConfig, IdleConfig, TurnConfig
from biami_engine.core import commands as cmd
from biami_engine.core import events as ev
from biami_engine.core.session import CallSetup
from biami_engine.core.states import CallState
from biami_engine.core.tool_calls import ToolTraits
from biami_engine.interface import Direction, EndReason, Outcome, Role

LEG = "leg"
GUARDED = ContextConfig("c", opening="wait_for_caller", turns=TurnConfig(confirm_ms=250, judge_up_to_ms=700))


@pytest.fixture
def guarded(call):
    """A live call with a remote mind that answers when asked."""

    def make(context: ContextConfig = GUARDED, **more):
        driver = call(context, **more)
        driver.hear(ev.Answered(LEG), opened(1))
        return driver

    return make


def opened(generation: int) -> ev.BackendOpened:
    return ev.BackendOpened(generation, answers_turns=False, knows_words=True, remote=True)


def speaking(driver, audio, ms: float = 3000) -> None:
    driver.hear(ev.ResponseStarted(1, "r"), ev.AgentAudio(1, "a", audio(ms)), ev.ResponseDone(1, "r"))
    driver.hear(ev.AgentAudioDone(1, "a"), ev.Played(LEG, "a", 800))


def says(driver, text: str, seconds: float = 0.5, item: str = "u") -> None:
    """The caller speaks so long; the words come a moment later."""
    driver.hear(ev.SpeechStarted(1, item))
    driver.wait(seconds)
    driver.hear(ev.SpeechStopped(1))
    driver.wait(0.2)
    driver.hear(ev.Transcript(1, item, Role.CALLER, text))


def asked(driver) -> int:
    return len(driver.of(cmd.RequestResponse))


def test_each_turn_is_answered_once(guarded) -> None:
    driver = guarded()
    says(driver, "What are your hours?", 1.5)
    assert asked(driver) == 1
    driver.hear(ev.ResponseStarted(1, "r"), ev.ResponseDone(1, "r"))
    says(driver, "Thank you.", 1.0)
    assert asked(driver) == 2


def test_a_real_interruption_cancels_and_is_answered(guarded, audio) -> None:
    driver = guarded()
    speaking(driver, audio)
    driver.hear(ev.SpeechStarted(1, "u"))
    driver.hear(ev.Played(LEG, "a", 810), ev.Cleared(LEG))
    driver.wait(0.8)
    assert driver.of(cmd.TruncateBackend) == [cmd.TruncateBackend(1, "a", 810)]
    assert asked(driver) == 0
    driver.hear(ev.SpeechStopped(1))
    assert asked(driver) == 1


@pytest.mark.parametrize("words", ["Mm-hm.", "Okay.", ""])
def test_a_backchannel_does_not_take_the_turn(guarded, audio, words: str) -> None:
    driver = guarded()
    speaking(driver, audio)
    driver.hear(ev.SpeechStarted(1, "u"), ev.Played(LEG, "a", 820), ev.Cleared(LEG))
    driver.wait(0.4)
    driver.hear(ev.SpeechStopped(1))
    resumed = driver.hear(ev.Transcript(1, "u", Role.CALLER, words))
    assert [c.item_id for c in resumed if isinstance(c, cmd.PlayToCaller)] == ["a~1"]
    assert asked(driver) == 0
    assert driver.of(cmd.TruncateBackend) == []


def test_our_own_voice_come_back_does_not_take_the_turn(guarded, audio) -> None:
    driver = guarded()
    driver.hear(ev.Transcript(1, "a", Role.AGENT, "Our office is open from nine to five"))
    speaking(driver, audio)
    driver.hear(ev.SpeechStarted(1, "u"), ev.Cleared(LEG))
    driver.wait(0.5)
    driver.hear(ev.SpeechStopped(1), ev.Transcript(1, "u", Role.CALLER, "office is open from nine"))
    assert asked(driver) == 0
    assert driver.of(cmd.PlayToCaller)[-1].item_id == "a~1"


def test_a_short_answer_to_a_question_is_no_backchannel(guarded, audio) -> None:
    driver = guarded()
    speaking(driver, audio)
    driver.hear(ev.Played(LEG, "a", 3000))
    says(driver, "Yes.", 0.4)
    assert asked(driver) == 1


def test_the_echo_of_the_beginning_is_not_believed(guarded, audio) -> None:
    driver = guarded(ContextConfig("c", opening="wait_for_caller", turns=TurnConfig(protect_ms=600)))
    driver.hear(ev.AgentAudio(1, "a", audio(3000)), ev.Played(LEG, "a", 100))
    assert driver.hear(ev.SpeechStarted(1, "u")) == []
    driver.wait(0.3)
    assert driver.hear(ev.SpeechStopped(1)) != [cmd.ClearPlayback(LEG)]
    assert driver.of(cmd.ClearPlayback) == []
    driver.wait(0.4)
    driver.hear(ev.Played(LEG, "a", 900))
    assert driver.hear(ev.SpeechStarted(1, "u2")) == [cmd.ClearPlayback(LEG)]


# --- a mind that is gone ---


def test_the_caller_hears_a_word_and_the_next_mind_knows_the_conversation(guarded, audio) -> None:
    driver = guarded()
    says(driver, "Is anybody there?", 1.0)
    driver.hear(ev.BackendLost(1, "1011", retriable=True))
    assert [(c.text, c.by_house) for c in driver.of(cmd.Speak)] == [("One moment, please.", True)]
    assert driver.of(cmd.OpenBackend)[-1] == cmd.OpenBackend(2, None)
    told = driver.hear(opened(2))
    assert cmd.InjectBackend(2, "Is anybody there?", Role.CALLER) in told
    assert told[-1] == cmd.RequestResponse(2, None)


def test_a_loss_that_cannot_pass_goes_to_the_spare_mind(guarded) -> None:
    driver = guarded(ContextConfig("c", failover=FailoverConfig(reconnects=3, backends=("local",))))
    driver.hear(ev.BackendLost(1, "quota", retriable=False))
    assert driver.of(cmd.OpenBackend)[-1] == cmd.OpenBackend(2, "local")
    driver.hear(ev.BackendLost(2, "no voice", retriable=True))
    assert driver.session.state is CallState.ENDING
    assert driver.session.end_reason is EndReason.BACKEND_ERROR


def test_a_mind_that_keeps_silent_is_lost(guarded) -> None:
    driver = guarded(ContextConfig("c", opening="wait_for_caller", response_timeout_seconds=5))
    says(driver, "Hello?", 1.0)
    driver.wait(4)
    assert len(driver.of(cmd.OpenBackend)) == 1
    driver.wait(1.5)
    assert driver.of(cmd.CloseBackend) == [cmd.CloseBackend(1)]
    assert driver.of(cmd.OpenBackend)[-1] == cmd.OpenBackend(2, None)


def test_a_mind_lost_before_the_answer_is_replaced_without_a_word(call) -> None:
    driver = call(direction=Direction.OUTBOUND)
    driver.hear(ev.BackendLost(1, "refused", retriable=True))
    assert driver.of(cmd.Speak) == []
    driver.hear(ev.BackendOpened(2), ev.Answered(LEG))
    assert driver.of(cmd.RequestResponse) == [cmd.RequestResponse(2, None)]


def test_a_contact_takes_the_caller_when_no_mind_is_left(guarded) -> None:
    driver = guarded(ContextConfig("c", failover=FailoverConfig(reconnects=0, transfer="Anna")))
    driver.hear(ev.BackendLost(1, "quota"), ev.SpokenDone("say-1", False))
    assert driver.of(cmd.TransferLeg) == [cmd.TransferLeg(LEG, "Anna")]
    driver.hear(ev.TransferFailed(LEG, "busy"))
    assert driver.of(cmd.Speak)[-1].text == ContextConfig("c").apology
    assert driver.session.state is CallState.ENDING


def test_when_nothing_is_left_the_callee_is_not_rung_for_nothing(call) -> None:
    driver = call(direction=Direction.OUTBOUND)
    driver.hear(ev.BackendLost(1, "bad key", retriable=False), ev.RemoteHangup(LEG, "canceled"))
    assert driver.told[-1] == cmd.EndCall(Outcome.CANCELLED, EndReason.BACKEND_ERROR)


def test_before_the_limit_of_the_provider_a_new_session_takes_over_in_silence(guarded, audio) -> None:
    driver = guarded()
    says(driver, "Hello", 1.0)
    speaking(driver, audio)
    driver.hear(ev.BackendExpiring(1))
    assert len(driver.of(cmd.OpenBackend)) == 1
    driver.hear(ev.Played(LEG, "a", 3000))
    assert driver.of(cmd.CloseBackend) == [cmd.CloseBackend(1)]
    assert driver.of(cmd.OpenBackend)[-1] == cmd.OpenBackend(2, None)
    assert driver.of(cmd.Speak) == []
    driver.hear(opened(2))
    assert driver.of(cmd.InjectBackend)[0] == cmd.InjectBackend(2, "Hello", Role.CALLER)


# --- waiting for a tool ---


@pytest.fixture
def slow_tool(call):
    """A live call whose tool `look_up` may take long and says so."""

    def make():
        setup = CallSetup(
            LEG, Direction.INBOUND, GUARDED, 900, tools={"look_up": ToolTraits(20.0, "One moment, I look it up.")}
        )
        driver = type(call())(setup)
        driver.hear(ev.Answered(LEG), opened(1), ev.ToolRequested(1, "t", "look_up", "{}"))
        return driver

    return make


def test_a_slow_tool_is_announced_once_then_a_soft_tone_is_heard(slow_tool) -> None:
    driver = slow_tool()
    driver.wait(0.9)
    assert driver.of(cmd.Speak) == []
    driver.wait(0.2)
    assert [c.text for c in driver.of(cmd.Speak)] == ["One moment, I look it up."]
    driver.hear(ev.SpokenDone("say-1", False))
    driver.wait(3)
    assert [c.item_id for c in driver.of(cmd.PlayToCaller)] == ["say-tone-1"]
    assert len(driver.of(cmd.Speak)) == 1


def test_the_tone_stops_before_the_answer(slow_tool, audio) -> None:
    driver = slow_tool()
    driver.wait(1.1)
    driver.hear(ev.SpokenDone("say-1", False))
    driver.wait(3)
    driver.hear(ev.ToolFinished("t", "{}"))
    driver.hear(ev.AgentAudio(1, "a", audio(500)))
    assert driver.of(cmd.ClearPlayback) == [cmd.ClearPlayback(LEG)]
    assert [c.item_id for c in driver.hear(ev.Cleared(LEG))] == ["a"]


def test_a_quick_tool_makes_no_sound(slow_tool) -> None:
    driver = slow_tool()
    driver.wait(0.5)
    driver.hear(ev.ToolFinished("t", "{}"))
    driver.wait(5)
    assert driver.of(cmd.Speak) == driver.of(cmd.PlayToCaller) == []


# --- dead ends and transfers ---


def test_a_goodbye_in_words_ends_the_call(guarded, audio) -> None:
    driver = guarded()
    says(driver, "Thank you, that is all.", 1.0)
    driver.hear(ev.ResponseStarted(1, "r"), ev.AgentAudio(1, "a", audio(900)), ev.AgentAudioDone(1, "a"))
    driver.hear(ev.Transcript(1, "a", Role.AGENT, "You are welcome. Goodbye!"), ev.ResponseDone(1, "r"))
    driver.hear(ev.Played(LEG, "a", 900))
    driver.wait(3.9)
    assert driver.session.state is CallState.LIVE
    driver.wait(0.2)
    assert driver.of(cmd.HangUp) == [cmd.HangUp(LEG, EndReason.AGENT_HANGUP)]


def test_hold_music_does_not_keep_a_call_alive(guarded) -> None:
    context = ContextConfig("c", opening="wait_for_caller", idle=IdleConfig(600, absolute_silence_seconds=60))
    driver = guarded(context)
    says(driver, "Please hold the line.", 1.0)
    for second in range(70):
        driver.hear(ev.SpeechStarted(1, f"m{second}") if second % 2 else ev.SpeechStopped(1))
        driver.wait(1)
    assert driver.session.end_reason is EndReason.ABSOLUTE_SILENCE


def test_the_caller_is_passed_on_after_the_last_words(guarded, audio) -> None:
    driver = guarded()
    driver.hear(ev.ResponseStarted(1, "r"), ev.AgentAudio(1, "a", audio(900)), ev.AgentAudioDone(1, "a"))
    driver.hear(ev.ToolRequested(1, "t", "transfer_call", "{}"), ev.ResponseDone(1, "r"))
    driver.hear(ev.ToolFinished("t", "{}", effect="transfer", data={"contact": "Anna"}))
    assert driver.of(cmd.TransferLeg) == []
    driver.hear(ev.Played(LEG, "a", 900))
    assert driver.of(cmd.TransferLeg) == [cmd.TransferLeg(LEG, "Anna")]
    driver.wait(30)
    assert driver.of(cmd.Speak) == []
    driver.hear(ev.RemoteHangup(LEG))
    assert driver.told[-1] == cmd.EndCall(Outcome.TRANSFERRED, EndReason.TRANSFER)


def test_a_caller_whom_nobody_takes_comes_back_to_the_agent(guarded) -> None:
    driver = guarded()
    driver.hear(ev.ToolRequested(1, "t", "transfer_call", "{}"))
    driver.hear(ev.ToolFinished("t", "{}", effect="transfer", data={"contact": "Anna"}))
    told = driver.hear(ev.TransferFailed(LEG, "no-answer"))
    assert [type(command) for command in told][1:3] == [cmd.InjectBackend, cmd.RequestResponse]
    driver.hear(ev.RemoteHangup(LEG))
    assert driver.told[-1] == cmd.EndCall(Outcome.COMPLETED, EndReason.CALLER_HANGUP)
