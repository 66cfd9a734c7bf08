"""Spoken turns with a session alone: real sound in, real speech out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.tones import beep
from biami_engine.backends.offline import OfflineBackend
from biami_engine.backends.port import BackendServices, BackendSession, SessionSetup, ToolSpec
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.errors import BackendError, MissingDependency
from biami_engine.interface import Role
from biami_engine.speech import Voices
from biami_engine.speech.moonshine import Moonshine

from ..conversation import Conversation, words

TOOLS = [ToolSpec(name, "", {}) for name in ("end_call", "current_time", "transfer_call", "take_message")]


def backend_of(voices: object) -> OfflineBackend:
    services = BackendServices(SystemClock(), voices, ".")  # type: ignore[arg-type]  # some tests break it
    return OfflineBackend(BackendConfig("local", "offline"), services)


@pytest.fixture
async def session(voices: Voices, wire: AudioFormat) -> AsyncIterator[BackendSession]:
    setup = SessionSetup("call_1", 1, wire, wire, tools=TOOLS, contacts=["anna", "bob"])
    session = await backend_of(voices).open(setup)
    yield session
    await session.close()


@pytest.fixture
def talk(session: BackendSession, voices: Voices, wire: AudioFormat) -> Conversation:
    return Conversation(session, wire, voices)


async def test_it_greets_when_asked_and_answers_what_it_heard(talk: Conversation) -> None:
    talk.session.request_response()
    assert words(await talk.response()) == ["Hello, how can I help you?"]
    await talk.say("Can I speak to Anna, please?", 1000)
    answer = await talk.response()
    assert [type(event) for event in answer if isinstance(event, ev.SpeechStarted | ev.SpeechStopped)] == [
        ev.SpeechStarted,
        ev.SpeechStopped,
    ]
    assert "Anna" in words(answer, Role.CALLER)[0]
    assert words(answer) == ["Shall I connect you with Anna?"]


async def test_a_turn_is_over_before_it_is_told_when_it_was(talk: Conversation) -> None:
    await talk.say("What time is it?", 1000)
    started = await talk.until(ev.SpeechStarted)
    stopped = await talk.until(ev.SpeechStopped)
    assert 0 < started.ago_ms < 500
    assert 250 <= stopped.ago_ms <= 1000


async def test_the_words_of_an_item_are_the_words_of_its_turn(talk: Conversation) -> None:
    await talk.say("What time is it?", 1000)
    started = await talk.until(ev.SpeechStarted)
    heard = await talk.until(ev.Transcript)
    assert heard.item_id == started.item_id == "g1:u1"
    assert heard.final


async def test_a_tool_is_asked_for_and_its_answer_spoken(talk: Conversation) -> None:
    await talk.say("What time is it?", 1000)
    await talk.response()
    asked = next(event for event in talk.seen if isinstance(event, ev.ToolRequested))
    assert asked.name == "current_time"
    talk.session.send_tool_result(asked.call_id, '{"date": "2026-11-24", "time": "14:30"}')
    talk.session.request_response()
    assert words(await talk.response()) == ["It is 2:30 PM."]


async def test_what_is_said_while_a_tool_works_is_answered_after_it(talk: Conversation) -> None:
    await talk.say("What time is it?", 1000)
    await talk.response()
    asked = next(event for event in talk.seen if isinstance(event, ev.ToolRequested))
    await talk.say("Can I speak to Bob?", 1000)
    await talk.until(ev.SpeechStopped)
    talk.session.send_tool_result(asked.call_id, '{"date": "2026-11-24", "time": "14:30"}')
    talk.session.request_response()
    assert words(await talk.response()) == ["It is 2:30 PM."]
    assert words(await talk.response()) == ["Shall I connect you with Bob?"]


async def test_an_okay_into_a_long_speech_is_no_answer(talk: Conversation) -> None:
    await talk.say("What can you do for me?", 1000)
    await talk.response()
    await talk.say("Okay.", 1000)
    heard = await talk.until(ev.Transcript)
    assert heard.text.lower().startswith("ok")
    talk.session.request_response('Say exactly: "Next."')
    assert words(await talk.response()) == ["Next."]


async def test_a_yes_into_the_question_is_its_answer(talk: Conversation) -> None:
    await talk.say("Can I speak to Anna, please?", 1000)
    await talk.response()
    question = next(event for event in talk.seen if isinstance(event, ev.AgentAudio))
    await talk.say("Yes, please.", 1000)  # the clock stands still: the question can still be heard
    talk.session.truncate(question.item_id, 1500)
    answer = await talk.response()
    assert [event.name for event in answer if isinstance(event, ev.ToolRequested)] == ["transfer_call"]


async def test_a_cancelled_answer_stops_at_once(talk: Conversation) -> None:
    talk.session.request_response(f'Say exactly: "{"This is a long sentence. " * 20}"')
    await talk.until(ev.AgentAudio)
    talk.session.cancel()
    done = await talk.until(ev.ResponseDone)
    assert done.status == "cancelled"
    heard = len([event for event in talk.seen if isinstance(event, ev.AgentAudio)])
    await talk.session.close()
    assert [event for event in await talk.rest() if isinstance(event, ev.AgentAudio)] == []
    assert heard < 100


async def test_keys_confirm(talk: Conversation) -> None:
    await talk.say("Put me through to Bob.", 1000)
    await talk.response()
    talk.session.inject("[DTMF: 1]", Role.CALLER)
    answer = await talk.response()
    assert [event.name for event in answer if isinstance(event, ev.ToolRequested)] == ["transfer_call"]


async def test_silence_tones_and_clicks_have_no_words(talk: Conversation, wire: AudioFormat) -> None:
    click = Audio(wire, beep(wire, ms=40, hz=2000).payload)
    for sound in (beep(wire, ms=900, hz=440), click, Audio.silence(wire, 2000)):
        talk.send(sound)
        talk.send(Audio.silence(wire, 1200))
    talk.session.request_response()
    answer = await talk.response()
    assert [event for event in answer if isinstance(event, ev.ToolRequested)] == []
    assert not any(event.text for event in talk.seen if isinstance(event, ev.Transcript) and event.role is Role.CALLER)


async def test_the_history_of_another_mind_is_gone_on_with(talk: Conversation) -> None:
    talk.session.inject("Hello, how can I help you?", Role.AGENT)
    talk.session.inject("Can I speak to Anna?", Role.CALLER)
    talk.session.request_response()
    assert words(await talk.response()) == ["Shall I connect you with Anna?"]


async def test_who_could_not_be_reached_is_told(talk: Conversation) -> None:
    talk.session.inject("[anna could not be reached: no-answer. The caller is back.]", Role.SYSTEM)
    talk.session.request_response()
    assert "could not be reached" in words(await talk.response())[0]


async def test_four_conversations_at_once_share_the_worker(voices: Voices) -> None:
    backend = backend_of(voices)
    await backend.warm_up()
    talks = []
    for number in range(4):
        setup = SessionSetup(f"call_{number}", 1, PCMU_8K, PCM16_24K, tools=TOOLS, contacts=["anna"])
        talks.append(Conversation(await backend.open(setup), PCMU_8K, voices))
    await asyncio.gather(*(talk.say("Can I speak to Anna, please?", 1000) for talk in talks))
    answers = await asyncio.gather(*(talk.response() for talk in talks))
    assert [words(answer) for answer in answers] == [["Shall I connect you with Anna?"]] * 4
    for talk in talks:
        await talk.session.close()


# --- what may be missing ---------------------------------------------------------------------------------------------


class Without(Voices):
    """Something of it is missing, or broken."""

    def __init__(self, recogniser: Moonshine | None) -> None:
        super().__init__(cache=False)
        self._broken = recogniser

    def speech_to_text(self, name: str = "") -> Moonshine:
        if self._broken is None:
            raise MissingDependency("Moonshine is not installed: pip install moonshine-voice==0.1.0")
        return self._broken


async def test_missing_weights_are_one_sentence_and_building_never_fails() -> None:
    voices = Without(None)
    backend = backend_of(voices)
    with pytest.raises(BackendError, match=r"^Moonshine is not installed: .*; or use another backend$"):
        await backend.open(SessionSetup("call_1", 1, PCMU_8K, PCMU_8K))
    await voices.close()


async def test_damaged_weights_are_one_sentence(tmp_path: Path) -> None:
    for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"):
        (tmp_path / name).write_bytes(b"damaged")
    voices = Without(Moonshine(tmp_path))
    with pytest.raises(BackendError, match=r"is damaged: reinstall moonshine-voice==0.1.0"):
        await backend_of(voices).warm_up()
    await voices.close()
