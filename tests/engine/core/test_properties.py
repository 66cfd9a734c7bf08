"""Whatever the order of events: one end, nothing after it, no cancelled sound after a clear, honest truncation."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.config import ContextConfig, FailoverConfig, TurnConfig
from biami_engine.core import commands as cmd
from biami_engine.core import events as ev
from biami_engine.core.routes import AGENT, bridge, conversation
from biami_engine.core.states import CallState
from biami_engine.interface import AnsweredBy, Direction, EndReason, Role

LEGS = st.sampled_from(["leg", "other"])
ITEMS = st.sampled_from(["a", "b", "c", "say-1", "say-2"])
GENERATIONS = st.integers(1, 2)
MS = st.integers(0, 4000).map(float)
SOUND = st.integers(1, 500).map(lambda ms: Audio.silence(PCMU_8K, ms))
TOOLS = st.sampled_from(["t1", "t2"])

agent = st.one_of(
    st.builds(ev.BackendOpened, GENERATIONS, st.booleans(), st.booleans(), st.booleans()),
    st.builds(ev.AgentAudio, GENERATIONS, ITEMS, SOUND),
    st.builds(ev.AgentAudioDone, GENERATIONS, ITEMS),
    st.builds(ev.ResponseStarted, GENERATIONS, ITEMS),
    st.builds(ev.ResponseDone, GENERATIONS, ITEMS),
    st.builds(ev.SpeechStarted, GENERATIONS),
    st.builds(ev.SpeechStopped, GENERATIONS),
    st.builds(ev.Transcript, GENERATIONS, ITEMS, st.sampled_from(Role), st.just("some words"), st.booleans()),
    st.builds(ev.ToolRequested, GENERATIONS, TOOLS, st.just("x"), st.just("{")),
    st.builds(
        ev.ToolFinished,
        TOOLS,
        st.just("{}"),
        st.booleans(),
        st.sampled_from([None, "end_call", "transfer"]),
        st.just({"contact": "Anna"}),
    ),
    st.builds(ev.SpokenDone, ITEMS, st.booleans()),
    st.builds(ev.BackendExpiring, GENERATIONS),
)
party = st.one_of(
    st.builds(ev.Ringing, LEGS),
    st.builds(ev.Answered, LEGS),
    st.builds(ev.AnsweredByDetected, LEGS, st.sampled_from(AnsweredBy)),
    st.builds(ev.CallerAudio, LEGS, SOUND),
    st.builds(ev.VoiceStarted, LEGS, MS),
    st.builds(ev.VoiceStopped, LEGS, MS),
    st.builds(ev.Played, LEGS, ITEMS, MS),
    st.builds(ev.Cleared, LEGS),
    st.builds(ev.Dtmf, LEGS, st.just("1")),
    st.builds(ev.StreamReplaced, LEGS),
    st.builds(ev.TransferFailed, LEGS, st.just("no-answer")),
)
house = st.one_of(
    st.builds(ev.SayRequested, st.just("words")),
    st.builds(ev.InjectRequested, st.just("fact")),
    st.builds(ev.DtmfRequested, LEGS, st.just("1")),
    st.just(ev.CommitRequested()),
    st.just(ev.TimePassed()),
)
routing = st.one_of(
    st.builds(ev.HoldRequested, LEGS, st.booleans()),
    st.builds(ev.LegAdded, st.just("other"), st.sampled_from([frozenset[str](), frozenset({AGENT})])),
    st.builds(ev.RoutesRequested, st.sampled_from([conversation("leg"), bridge("leg", "other"), frozenset()])),
    st.builds(ev.BackendReplaced, st.just("spare")),
)
ends = st.one_of(
    st.builds(ev.RemoteHangup, LEGS, st.sampled_from(["completed", "busy", "no-answer"])),
    st.builds(ev.LegLost, LEGS, st.just("cut")),
    st.builds(ev.BackendLost, GENERATIONS, st.just("gone"), st.booleans()),
    st.builds(ev.HangUpRequested, st.sampled_from(EndReason), st.booleans()),
)
passing = st.floats(0.0, 3.0)
anything = st.lists(st.tuples(passing, st.one_of(agent, party, house, routing, ends)), max_size=60)
talk = st.lists(st.tuples(passing, st.one_of(agent, party, house)), max_size=60)
contexts = st.builds(
    ContextConfig,
    st.just("c"),
    opening=st.sampled_from(["say_first", "wait_for_caller", "listen_then_speak"]),
    turns=st.builds(
        TurnConfig,
        confirm_ms=st.sampled_from([0, 300]),
        judge_up_to_ms=st.sampled_from([0, 700]),
        protect_ms=st.sampled_from([0, 500]),
        protect_first_sentence=st.booleans(),
    ),
    failover=st.builds(FailoverConfig, st.integers(0, 2), st.sampled_from([(), ("spare",)])),
)


def settle(driver, steps) -> None:
    for seconds, event in steps:
        driver.wait(seconds)
        driver.hear(event)


@pytest.mark.parametrize("direction", Direction)
@settings(max_examples=400, deadline=None)
@given(steps=anything, context=contexts)
def test_there_is_one_end_and_no_command_after_it(make_call, direction, steps, context) -> None:
    driver = make_call(context, direction)
    settle(driver, steps)
    driver.hear(ev.HangUpRequested(EndReason.OPERATOR))
    driver.wait(60)
    assert [type(command) for command in driver.told].count(cmd.EndCall) == 1
    assert isinstance(driver.told[-1], cmd.EndCall)
    assert driver.session.state is CallState.ENDED
    assert driver.session.next_deadline is None


@settings(max_examples=400, deadline=None)
@given(steps=anything, context=contexts)
def test_every_mind_that_was_opened_is_closed_or_lost_once(make_call, steps, context) -> None:
    driver = make_call(context)
    settle(driver, steps)
    driver.hear(ev.HangUpRequested(EndReason.OPERATOR, drain=False))
    driver.wait(60)
    opened = [command.generation for command in driver.of(cmd.OpenBackend)]
    closed = [command.generation for command in driver.of(cmd.CloseBackend)]
    assert len(set(closed)) == len(closed)
    assert set(closed) <= set(opened)
    lost = {command.data["generation"] for command in driver.of(cmd.Report) if command.type == "backend_lost"}
    assert set(closed) | lost == set(opened)


@settings(max_examples=600, deadline=None)
@given(steps=talk)
def test_nothing_of_a_cancelled_item_is_played_after_the_clear(make_call, steps) -> None:
    driver = make_call(ContextConfig("c", opening="wait_for_caller", turns=TurnConfig(confirm_ms=0)))
    driver.go_live()
    begun: set[str] = set()
    cancelled: set[str] = set()
    for seconds, event in steps:
        commands = [*driver.wait(seconds), *driver.hear(event)]
        if isinstance(event, ev.AgentAudio):
            begun.add(event.item_id)
        for command in commands:
            if isinstance(command, cmd.ClearPlayback) and not isinstance(event, ev.AgentAudio):
                cancelled |= begun
            elif isinstance(command, cmd.PlayToCaller):
                assert command.item_id.split("~")[0] not in cancelled


@settings(max_examples=600, deadline=None)
@given(steps=anything, context=contexts)
def test_nothing_of_an_item_is_played_after_it_was_reported_cut(make_call, steps, context) -> None:
    driver = make_call(context)
    driver.go_live()
    settle(driver, steps)
    cut: set[str] = set()
    for command in driver.told:
        if isinstance(command, cmd.Report) and command.type == "interrupted":
            cut.add(command.data["item_id"])
        elif isinstance(command, cmd.PlayToCaller):
            assert command.item_id.split("~")[0] not in cut


@settings(max_examples=600, deadline=None)
@given(steps=talk, context=contexts)
def test_truncation_is_never_beyond_what_was_generated_nor_below_what_was_heard(make_call, steps, context) -> None:
    driver = make_call(context)
    driver.go_live()
    generated: dict[str, float] = {}
    for seconds, event in steps:
        for command in (*driver.wait(seconds), *driver.hear(event)):
            if isinstance(command, cmd.TruncateBackend):
                assert command.audio_end_ms <= generated[command.item_id]
                assert command.audio_end_ms == int(driver.session.call.talk.voice.playback.heard_ms(command.item_id))
        if isinstance(event, ev.AgentAudio):
            generated[event.item_id] = generated.get(event.item_id, 0.0) + event.audio.duration_ms
