from __future__ import annotations

import typing

import pytest

from biami_engine.config import ContextConfig, FailoverConfig, IdleConfig, TurnConfig
from biami_engine.core import commands as cmd
from biami_engine.core import events as ev
from biami_engine.core.call import DRAIN_SECONDS, HANGUP_SECONDS
from biami_engine.core.opening import LISTEN_FIRST_SECONDS
from biami_engine.core.routes import bridge
from biami_engine.core.states import TRANSITIONS, CallState, change
from biami_engine.interface import Direction, EndReason, Outcome, RejectReason, Role

LEG = "leg"


def end(outcome: Outcome, reason: EndReason) -> cmd.EndCall:
    return cmd.EndCall(outcome, reason)


# --- beginnings ---


def test_an_incoming_call_opens_the_mind_before_it_answers(call) -> None:
    assert call().told == [cmd.OpenBackend(1, None), cmd.AnswerLeg(LEG)]


def test_a_placed_call_opens_the_mind_while_it_rings(call) -> None:
    driver = call(direction=Direction.OUTBOUND)
    assert driver.told == [cmd.OpenBackend(1, None)]
    assert driver.hear(ev.Ringing(LEG)) == [cmd.Report("call_ringing", {"leg": LEG})]


def test_a_refused_call_is_over_at_once(call) -> None:
    driver = call(reject=RejectReason.BUSY)
    assert driver.told == [
        cmd.RejectLeg(LEG, RejectReason.BUSY),
        end(Outcome.REJECTED, EndReason.OPERATOR),
    ]
    assert driver.hear(ev.Answered(LEG)) == []


@pytest.mark.parametrize("order", [(ev.Answered(LEG), ev.BackendOpened(1)), (ev.BackendOpened(1), ev.Answered(LEG))])
def test_the_agent_opens_once_both_are_there(call, order) -> None:
    driver = call()
    driver.hear(*order)
    assert driver.of(cmd.RequestResponse) == [cmd.RequestResponse(1, None)]


def test_a_first_sentence_is_asked_for_word_by_word(call) -> None:
    driver = call(ContextConfig("c", first_sentence="Biami, good day."))
    driver.go_live()
    assert driver.of(cmd.RequestResponse) == [cmd.RequestResponse(1, 'Say exactly: "Biami, good day."')]


def test_wait_for_caller_says_nothing_first(call) -> None:
    driver = call(ContextConfig("c", opening="wait_for_caller"))
    driver.go_live()
    driver.wait(5)
    assert driver.of(cmd.RequestResponse) == []


def test_listen_then_speak_leaves_the_first_word_to_the_caller(call) -> None:
    context = ContextConfig("c", opening="listen_then_speak")
    silent = call(context)
    silent.go_live()
    assert silent.of(cmd.RequestResponse) == []
    silent.wait(LISTEN_FIRST_SECONDS)
    assert silent.of(cmd.RequestResponse) == [cmd.RequestResponse(1, None)]
    talking = call(context)
    talking.go_live()
    talking.hear(ev.SpeechStarted(1))
    talking.wait(LISTEN_FIRST_SECONDS + 1)
    assert talking.of(cmd.RequestResponse) == []


def test_words_said_while_it_rings_wait_for_the_answer(call, audio) -> None:
    driver = call(direction=Direction.OUTBOUND)
    early = audio(200)
    driver.hear(ev.BackendOpened(1), ev.AgentAudio(1, "a", early))
    assert driver.of(cmd.PlayToCaller) == []
    assert cmd.PlayToCaller(LEG, "a", early) in driver.hear(ev.Answered(LEG))


# --- sound ---


def test_sound_passes_both_ways_untouched(call, audio) -> None:
    driver = call()
    driver.go_live()
    said, answer = audio(20), audio(200)
    assert driver.hear(ev.CallerAudio(LEG, said)) == [cmd.SendToBackend(1, said)]
    assert driver.hear(ev.AgentAudio(1, "a", answer)) == [cmd.PlayToCaller(LEG, "a", answer)]


def test_two_legs_hear_each_other_and_the_agent_is_out(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.LegAdded("other"), ev.RoutesRequested(bridge(LEG, "other")))
    sound = audio(20)
    assert driver.hear(ev.CallerAudio(LEG, sound)) == [cmd.PlayToCaller("other", f"leg:{LEG}", sound)]
    assert driver.hear(ev.CallerAudio("other", sound)) == [cmd.PlayToCaller(LEG, "leg:other", sound)]


def test_on_hold_words_wait_and_go_on_where_they_stopped(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(1000)))
    driver.hear(ev.Played(LEG, "a", 300))
    assert driver.hear(ev.HoldRequested(LEG, True)) == [cmd.ClearPlayback(LEG), cmd.HoldLeg(LEG, True)]
    driver.hear(ev.Played(LEG, "a", 340), ev.Cleared(LEG))
    assert driver.hear(ev.CallerAudio(LEG, audio(20))) == []
    resumed = driver.hear(ev.HoldRequested(LEG, False))
    assert resumed[0] == cmd.HoldLeg(LEG, False)
    assert [(c.item_id, c.audio.duration_ms) for c in resumed[1:]] == [("a~1", 660)]


def test_a_replaced_stream_changes_nothing(call, audio) -> None:
    driver = call()
    driver.go_live()
    assert driver.hear(ev.StreamReplaced(LEG)) == []
    assert driver.hear(ev.CallerAudio(LEG, audio(20))) != []


# --- turns ---


def test_barge_in_clears_first_then_cancels_then_truncates_at_what_was_heard(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.ResponseStarted(1, "r"), ev.AgentAudio(1, "a", audio(3000)), ev.Played(LEG, "a", 1000))
    assert driver.hear(ev.SpeechStarted(1)) == [
        cmd.ClearPlayback(LEG),
        cmd.Report("interruption", {"after_ms": 0}),
        cmd.CancelResponse(1),
    ]
    assert driver.hear(ev.AgentAudio(1, "a", audio(200))) == []
    done = driver.hear(ev.Played(LEG, "a", 1043.5), ev.Cleared(LEG))
    assert done == [
        cmd.TruncateBackend(1, "a", 1043),
        cmd.Report("interrupted", {"item_id": "a", "heard_ms": 1043}),
    ]
    assert driver.hear(ev.AgentAudio(1, "a", audio(200))) == []


def test_an_item_heard_to_its_end_is_never_truncated(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(500)), ev.AgentAudioDone(1, "a"), ev.Played(LEG, "a", 500))
    driver.hear(ev.SpeechStarted(1), ev.Cleared(LEG))
    assert driver.of(cmd.TruncateBackend) == driver.of(cmd.ClearPlayback) == []


def test_a_leg_that_does_not_say_what_was_heard_is_not_waited_for_long(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(3000)), ev.Played(LEG, "a", 1000), ev.SpeechStarted(1))
    driver.wait(1)
    assert driver.of(cmd.TruncateBackend) == [cmd.TruncateBackend(1, "a", 1000)]


def test_the_answer_to_an_interruption_is_heard_after_the_clear(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(3000)), ev.SpeechStarted(1))
    answer = audio(100)
    assert driver.hear(ev.AgentAudio(1, "b", answer)) == []
    assert driver.hear(ev.Cleared(LEG))[-1] == cmd.PlayToCaller(LEG, "b", answer)


def test_a_false_interruption_resumes_where_it_paused(call, audio) -> None:
    driver = call(ContextConfig("c", turns=TurnConfig(confirm_ms=400)))
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(1000)), ev.Played(LEG, "a", 200))
    assert driver.hear(ev.SpeechStarted(1)) == [cmd.ClearPlayback(LEG)]
    driver.hear(ev.Played(LEG, "a", 250), ev.Cleared(LEG))
    driver.wait(0.2)
    resumed = driver.hear(ev.SpeechStopped(1))
    assert [(c.item_id, c.audio.duration_ms) for c in resumed] == [("a~1", 750)]
    assert driver.of(cmd.TruncateBackend) == driver.of(cmd.CancelResponse) == []


def test_a_confirmed_one_cancels_what_was_kept(call, audio) -> None:
    driver = call(ContextConfig("c", turns=TurnConfig(confirm_ms=400)))
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(1000)), ev.Played(LEG, "a", 200), ev.SpeechStarted(1), ev.Cleared(LEG))
    driver.wait(0.5)
    assert driver.of(cmd.TruncateBackend) == [cmd.TruncateBackend(1, "a", 200)]
    assert len(driver.of(cmd.PlayToCaller)) == 1


def test_the_first_sentence_can_be_protected(call, audio) -> None:
    driver = call(ContextConfig("c", turns=TurnConfig(confirm_ms=0, protect_first_sentence=True)))
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(1000)), ev.AgentAudioDone(1, "a"))
    assert driver.hear(ev.SpeechStarted(1)) == []
    driver.hear(ev.SpeechStopped(1), ev.Played(LEG, "a", 1000), ev.AgentAudio(1, "b", audio(1000)))
    assert cmd.ClearPlayback(LEG) in driver.hear(ev.SpeechStarted(1))


# --- transcript ---


def test_an_interrupted_sentence_keeps_what_was_heard(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.now += 2.5
    driver.hear(ev.AgentAudio(1, "a", audio(4000)), ev.Transcript(1, "a", Role.AGENT, "one two three four"))
    driver.now += 2.0
    driver.hear(ev.Played(LEG, "a", 2000), ev.SpeechStarted(1), ev.Cleared(LEG))
    turn = {"item_id": "a", "role": "agent", "text": "one two", "at_ms": 2500, "interrupted": True}
    assert cmd.Report("turn", turn) in driver.told


def test_words_that_waited_for_others_are_written_down_when_they_were_heard(call, audio) -> None:
    driver = call()
    driver.go_live()
    for item in ("a", "b"):
        driver.hear(ev.AgentAudio(1, item, audio(2000)), ev.AgentAudioDone(1, item))
        driver.hear(ev.Transcript(1, item, Role.AGENT, f"words of {item}"))
    driver.now += 2.0
    driver.hear(ev.Played(LEG, "a", 2000))
    driver.now += 2.0
    driver.hear(ev.Played(LEG, "b", 2000))
    turns = [c.data for c in driver.of(cmd.Report) if c.type == "turn"]
    assert [(turn["text"], turn["at_ms"]) for turn in turns] == [("words of a", 0), ("words of b", 2000)]


def test_a_text_that_comes_after_the_cut_still_counts(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(4000)), ev.Played(LEG, "a", 3000), ev.SpeechStarted(1), ev.Cleared(LEG))
    driver.hear(ev.Transcript(1, "a", Role.AGENT, "one two three four"))
    turn = {"item_id": "a", "role": "agent", "text": "one two three", "at_ms": 0, "interrupted": True}
    assert driver.of(cmd.Report).count(cmd.Report("turn", turn)) == 1


def test_the_callers_words_are_a_turn_when_they_are_final(call) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.Transcript(1, "u", Role.CALLER, "Good ", False), ev.Transcript(1, "u", Role.CALLER, "Good day."))
    turns = [c for c in driver.of(cmd.Report) if c.type == "turn"]
    assert [turn.data["text"] for turn in turns] == ["Good day."]


# --- tools ---


def test_one_answer_follows_the_last_result_and_the_response_that_asked(call) -> None:
    driver = call(ContextConfig("c", opening="wait_for_caller"))
    driver.go_live()
    driver.hear(ev.ResponseStarted(1, "r"), ev.ToolRequested(1, "t1", "x", "{}"), ev.ToolRequested(1, "t2", "y", "{}"))
    assert [c.call_id for c in driver.of(cmd.RunTool)] == ["t1", "t2"]
    driver.hear(ev.ToolFinished("t1", "1"))
    driver.hear(ev.ResponseDone(1, "r"))
    assert driver.of(cmd.RequestResponse) == []
    driver.hear(ev.ToolFinished("t2", "2"))
    assert driver.of(cmd.SendToolResult) == [cmd.SendToolResult(1, "t1", "1"), cmd.SendToolResult(1, "t2", "2")]
    assert driver.of(cmd.RequestResponse) == [cmd.RequestResponse(1, None)]


def test_a_tool_that_takes_too_long_is_answered_for(call) -> None:
    driver = call(ContextConfig("c", opening="wait_for_caller"))
    driver.go_live()
    driver.hear(ev.ToolRequested(1, "t1", "x", "{}"))
    driver.wait(20)
    assert driver.of(cmd.CancelTool) == [cmd.CancelTool("t1")]
    assert len(driver.of(cmd.SendToolResult)) == 1
    driver.hear(ev.ToolFinished("t1", "late"))
    assert len(driver.of(cmd.SendToolResult)) == 1


def test_end_call_lets_the_goodbye_be_heard(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(
        ev.ResponseStarted(1, "r"), ev.AgentAudio(1, "a", audio(2000)), ev.ToolRequested(1, "t", "end_call", "")
    )
    driver.hear(ev.ToolFinished("t", "{}", effect="end_call"))
    assert driver.session.state is CallState.ENDING
    driver.hear(ev.ResponseDone(1, "r"), ev.AgentAudioDone(1, "a"), ev.Played(LEG, "a", 1990))
    assert driver.of(cmd.HangUp) == []
    assert driver.hear(ev.SpeechStarted(1)) == []
    driver.hear(ev.Played(LEG, "a", 2000))
    assert driver.of(cmd.HangUp) == [cmd.HangUp(LEG, EndReason.AGENT_HANGUP)]
    assert driver.hear(ev.RemoteHangup(LEG)) == [end(Outcome.COMPLETED, EndReason.AGENT_HANGUP)]


# --- ends ---


def test_words_that_are_never_heard_do_not_keep_the_line(call, audio) -> None:
    driver = call()
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(60_000)), ev.HangUpRequested(EndReason.OPERATOR))
    driver.wait(DRAIN_SECONDS)
    assert driver.of(cmd.HangUp) == [cmd.HangUp(LEG, EndReason.OPERATOR)]
    driver.wait(HANGUP_SECONDS)
    assert driver.told[-1] == end(Outcome.COMPLETED, EndReason.OPERATOR)


@pytest.mark.parametrize(
    ("cause", "outcome", "reason"),
    [
        ("busy", Outcome.BUSY, EndReason.CALLER_HANGUP),
        ("no-answer", Outcome.NO_ANSWER, EndReason.CALLER_HANGUP),
        ("failed", Outcome.FAILED, EndReason.CARRIER_ERROR),
    ],
)
def test_an_unanswered_call_says_why(call, cause: str, outcome: Outcome, reason: EndReason) -> None:
    driver = call(direction=Direction.OUTBOUND)
    driver.hear(ev.RemoteHangup(LEG, cause))
    assert driver.told[-1] == end(outcome, reason)
    assert cmd.CloseBackend(1) in driver.told


def test_a_missed_call_is_no_answer_and_our_own_cancel_is_cancelled(call) -> None:
    missed = call()
    missed.hear(ev.RemoteHangup(LEG))
    assert missed.told[-1] == end(Outcome.NO_ANSWER, EndReason.CALLER_HANGUP)
    ours = call(direction=Direction.OUTBOUND)
    ours.hear(ev.HangUpRequested(EndReason.OPERATOR), ev.RemoteHangup(LEG, "canceled"))
    assert ours.told[-1] == end(Outcome.CANCELLED, EndReason.OPERATOR)


def test_nobody_there_is_asked_then_told_goodbye(call) -> None:
    idle = IdleConfig(after_seconds=10, prompts=("Still there?",), goodbye="Bye.", absolute_silence_seconds=600)
    driver = call(ContextConfig("c", idle=idle, opening="wait_for_caller"))
    driver.go_live()
    driver.wait(10)
    assert [c.text for c in driver.of(cmd.Speak)] == ["Still there?"]
    driver.hear(ev.SpokenDone("say-1", False))
    driver.wait(10)
    assert [c.text for c in driver.of(cmd.Speak)] == ["Still there?", "Bye."]
    driver.hear(ev.SpokenDone("say-2", False))
    assert driver.of(cmd.HangUp) == [cmd.HangUp(LEG, EndReason.IDLE_TIMEOUT)]


def test_absolute_silence_ends_a_call_with_a_machine_that_talks_to_itself(call, audio) -> None:
    idle = IdleConfig(absolute_silence_seconds=30)
    driver = call(ContextConfig("c", idle=idle))
    driver.go_live()
    driver.hear(ev.AgentAudio(1, "a", audio(120_000)))
    driver.wait(30)
    assert driver.session.end_reason is EndReason.ABSOLUTE_SILENCE


def test_time_is_up_is_said(call) -> None:
    driver = call(ContextConfig("c", time_up="Time is up."), max_call_seconds=5)
    driver.go_live()
    driver.hear(ev.SpeechStarted(1))
    driver.wait(5)
    assert [c.text for c in driver.of(cmd.Speak)] == ["Time is up."]
    assert driver.session.end_reason is EndReason.MAX_DURATION


# --- the mind ---


def test_a_lost_mind_is_never_silence(call, audio) -> None:
    driver = call(ContextConfig("c", apology="Sorry.", failover=FailoverConfig(reconnects=0)))
    driver.go_live()
    driver.hear(ev.BackendLost(1, "gone"))
    assert [c.text for c in driver.of(cmd.Speak)] == ["Sorry."]
    words = audio(500)
    assert driver.hear(ev.AgentAudio(1, "say-1", words)) == [cmd.PlayToCaller(LEG, "say-1", words)]
    driver.hear(ev.SpokenDone("say-1", True), ev.Played(LEG, "say-1", 500), ev.RemoteHangup(LEG))
    assert driver.told[-1] == end(Outcome.FAILED, EndReason.BACKEND_ERROR)


def test_a_mind_lost_while_it_rings_apologises_when_answered(call) -> None:
    driver = call(ContextConfig("c", apology="Sorry."))
    driver.hear(ev.BackendLost(1, "gone", retriable=False))
    driver.hear(ev.Answered(LEG))
    assert [c.text for c in driver.of(cmd.Speak)] == ["Sorry."]


def test_nothing_of_a_replaced_mind_is_heard(call, audio) -> None:
    driver = call()
    driver.go_live()
    assert driver.hear(ev.BackendReplaced("spare")) == [cmd.CloseBackend(1), cmd.OpenBackend(2, "spare")]
    late = (
        ev.AgentAudio(1, "a", audio(20)),
        ev.SpeechStarted(1),
        ev.ToolRequested(1, "t", "x", ""),
        ev.BackendLost(1, ""),
    )
    assert driver.hear(*late) == []
    assert driver.hear(ev.CallerAudio(LEG, audio(20)))[0].generation == 2
    assert driver.hear(ev.AgentAudio(2, "b", audio(20))) != []


def test_keys_reach_the_mind_and_orders_reach_the_leg(call) -> None:
    driver = call()
    driver.go_live()
    assert cmd.InjectBackend(1, "[DTMF: 5]", Role.CALLER) in driver.hear(ev.Dtmf(LEG, "5"))
    assert driver.hear(ev.DtmfRequested(LEG, "1w2")) == [cmd.SendDtmf(LEG, "1w2")]
    assert driver.hear(ev.InjectRequested("the gate is open")) == [
        cmd.InjectBackend(1, "the gate is open", Role.SYSTEM)
    ]
    assert driver.hear(ev.CommitRequested()) == [cmd.CommitBackend(1)]


# --- the tables ---


def test_every_event_has_a_handler(call) -> None:
    assert set(typing.get_args(ev.CallEvent)) == set(call().session.handlers)


def test_only_the_written_transitions_exist() -> None:
    for state, allowed in TRANSITIONS.items():
        for to in CallState:
            if to in allowed:
                assert change(state, to) is to
            else:
                with pytest.raises(AssertionError):
                    change(state, to)
