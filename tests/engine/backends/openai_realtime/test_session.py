"""A session against the strict model of the lab, over a real socket: opened, talked to, interrupted, refused, ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio
from biami_engine.audio.tones import beep
from biami_engine.backends.openai_realtime import OpenAIRealtimeBackend
from biami_engine.backends.port import BackendServices, BackendSession, SessionSetup, ToolSpec
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.errors import BackendError
from biami_engine.interface import Role
from biami_engine.lab.model import Call, InResponse, InTurn, LabModel, Reply
from biami_engine.speech import Voices

T = TypeVar("T")
SECONDS = 15.0


class Talk:
    """One open session and what it said."""

    def __init__(self, session: BackendSession) -> None:
        self.session = session
        self.events: list[ev.CallEvent] = []
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.session.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def next(self, kind: type[T], count: int = 1) -> T:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    async def close(self) -> None:
        await self.session.close()
        await asyncio.wait_for(self._task, SECONDS)


@pytest.fixture
async def model() -> AsyncIterator[LabModel]:
    model = LabModel(SystemClock(4.0))
    await model.start()
    yield model
    await model.stop()


@pytest.fixture
async def open_session(model: LabModel) -> AsyncIterator[Callable[..., Any]]:
    talks: list[Talk] = []

    async def opening(options: dict[str, Any] | None = None, **setup: Any) -> Talk:
        config = BackendConfig(
            "m", "openai_realtime", {"api_key": "sk-lab", "base_url": model.base_url, **(options or {})}
        )
        backend = OpenAIRealtimeBackend(config, BackendServices(model.clock, Voices(cache=False), "."))
        fields = {"input_format": PCMU_8K, "output_format": PCMU_8K, "instructions": "Be brief.", **setup}
        talks.append(Talk(await backend.open(SessionSetup("call_1", 1, **fields))))
        return talks[-1]

    yield opening
    for talk in talks:
        await talk.close()


def speak(talk: Talk, ms: float = 700) -> None:
    """A tone, then enough silence to end a turn."""
    for sound in (beep(PCMU_8K, ms=ms), Audio.silence(PCMU_8K, 900)):
        for start in range(0, int(sound.duration_ms), 20):
            talk.session.send_audio(sound.slice(start, start + 20))


async def test_it_is_open_only_once_the_server_confirmed_the_session(model, open_session) -> None:
    talk = await open_session()
    opened = await talk.next(ev.BackendOpened)
    assert opened == ev.BackendOpened(1, answers_turns=False, knows_words=True, remote=True)
    assert [message["type"] for message in model.received] == ["session.update"]


async def test_a_greeting_sounds_and_is_written_down(model, open_session) -> None:
    model.mind = lambda: InTurn("Good morning, this is Biami.")
    talk = await open_session()
    talk.session.request_response('Say exactly: "Good morning."')
    await talk.next(ev.ResponseDone)
    item = talk.of(ev.AgentAudio)[0].item_id
    assert item.startswith("g1:")
    assert talk.of(ev.AgentAudioDone) == [ev.AgentAudioDone(1, item)]
    final = [text for text in talk.of(ev.Transcript) if text.final]
    assert [(text.item_id, text.role, text.text) for text in final] == [(item, Role.AGENT, "Good morning.")]
    assert talk.of(ev.Usage)[0].amounts["output_token_details.audio_tokens"] > 0


async def test_speech_is_heard_and_answered_only_when_asked(model, open_session) -> None:
    talk = await open_session()
    speak(talk)
    await talk.next(ev.SpeechStopped)
    assert talk.of(ev.ResponseStarted) == []
    talk.session.request_response()
    await talk.next(ev.ResponseDone)


async def test_a_session_that_decides_by_itself_answers_by_itself(model, open_session) -> None:
    talk = await open_session(guarded=False)
    assert (await talk.next(ev.BackendOpened)).answers_turns
    speak(talk)
    await talk.next(ev.ResponseDone)


async def test_a_cancelled_response_ends_and_the_truncation_is_believed(model, open_session) -> None:
    model.mind = lambda: InTurn("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.")
    model.speed = 2.0
    talk = await open_session()
    talk.session.request_response()
    audio = await talk.next(ev.AgentAudio)
    talk.session.cancel()
    talk.session.truncate(audio.item_id, 10**6)
    assert (await talk.next(ev.ResponseDone)).status == "cancelled"
    generated = sum(piece.audio.duration_ms for piece in talk.of(ev.AgentAudio))
    truncate = next(message for message in model.received if message["type"] == "conversation.item.truncate")
    assert truncate["audio_end_ms"] <= generated
    assert not [message for message in model.sent if message["type"] == "error"]


async def test_a_response_cancelled_before_it_began_is_neither_heard_nor_believed(model, open_session) -> None:
    model.mind = lambda: InTurn("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.")
    model.speed = 0.0
    talk = await open_session()
    talk.session.request_response()
    talk.session.cancel()
    talk.session.request_response('Say exactly: "Five."')
    heard = await talk.next(ev.AgentAudio)
    assert {text.text.strip() for text in talk.of(ev.Transcript)} <= {"Five."}
    assert {piece.item_id for piece in talk.of(ev.AgentAudio)} == {heard.item_id}
    cut = [message for message in model.received if message["type"] == "conversation.item.truncate"]
    assert [message["audio_end_ms"] for message in cut] in ([], [0])


async def test_requests_wait_for_the_response_that_runs(model, open_session) -> None:
    model.mind = lambda: InTurn("First.", "Second.", "Third.")
    talk = await open_session()
    for _ in range(3):
        talk.session.request_response("Go on.")
    await talk.next(ev.ResponseDone, 3)
    assert not [message for message in model.sent if message["type"] == "error"]


async def test_a_server_that_was_faster_is_waited_for(model, open_session) -> None:
    model.faults.own_response = InResponse(1)
    talk = await open_session()
    talk.session.request_response()
    await talk.next(ev.ResponseDone, 2)


async def test_tools_are_asked_for_and_answered(model, open_session) -> None:
    model.mind = lambda: InTurn(Reply("", (Call("now", '{"zone": "UTC"}'), Call("now"))), "It is noon.")
    talk = await open_session(tools=[ToolSpec("now", "The time.", {"type": "object", "properties": {}})])
    talk.session.request_response()
    await talk.next(ev.ToolRequested, 2)
    await talk.next(ev.ResponseDone)
    for request in talk.of(ev.ToolRequested):
        talk.session.send_tool_result(request.call_id, '{"time": "12:00"}')
    talk.session.request_response()
    await talk.next(ev.ResponseDone, 2)
    assert [text.text for text in talk.of(ev.Transcript) if text.final][-1] == "It is noon."


async def test_text_of_every_role_enters_the_conversation(model, open_session) -> None:
    talk = await open_session()
    for role in Role:
        talk.session.inject(f"words of the {role.value}", role)
    talk.session.request_response()
    await talk.next(ev.ResponseDone)
    items = [message["item"] for message in model.received if message["type"] == "conversation.item.create"]
    assert [item["role"] for item in items] == ["user", "assistant", "system"]
    assert not [message for message in model.sent if message["type"] == "error"]


async def test_push_to_talk_commits_and_asks(model, open_session) -> None:
    talk = await open_session({"turn_detection": "none"})
    speak(talk)
    talk.session.commit()
    await talk.next(ev.ResponseDone)
    assert talk.of(ev.SpeechStarted) == []


async def test_the_browser_speaks_pcm(model, open_session) -> None:
    talk = await open_session(input_format=PCM16_24K, output_format=PCM16_24K)
    talk.session.request_response()
    audio = await talk.next(ev.AgentAudio)
    assert audio.audio.format == PCM16_24K


# --- refusals and ends ---


@pytest.mark.parametrize("how", ["status", "close"])
async def test_a_wrong_key_is_said_and_not_tried_again(model, open_session, how: str) -> None:
    model.faults.refuse_key = how
    with pytest.raises(BackendError) as refused:
        await open_session()
    assert not refused.value.retriable
    assert "key" in str(refused.value)


async def test_a_server_that_speaks_another_format_is_not_let_on_the_line(model, open_session) -> None:
    model.faults.wrong_format = True
    with pytest.raises(BackendError, match="audio/pcmu"):
        await open_session()


async def test_an_unknown_field_is_left_out_with_a_warning(model, open_session, caplog) -> None:
    model.faults.unknown_fields = ("session.audio.input.noise_reduction",)
    with caplog.at_level(logging.WARNING):
        talk = await open_session()
    await talk.next(ev.BackendOpened)
    assert "noise_reduction" in caplog.text
    assert [message["type"] for message in model.received] == ["session.update", "session.update"]


async def test_nobody_there_is_worth_another_try(open_session) -> None:
    with pytest.raises(BackendError) as refused:
        await open_session({"base_url": "http://127.0.0.1:9/v1"})
    assert refused.value.retriable


async def test_a_server_that_goes_away_is_a_loss(model, open_session) -> None:
    talk = await open_session()
    await model.drop(1012)
    lost = await talk.next(ev.BackendLost)
    assert lost.retriable
    talk.session.request_response()
    talk.session.send_audio(Audio.silence(PCMU_8K, 20))


async def test_an_empty_account_is_a_loss_for_good(model, open_session) -> None:
    model.faults.fail = InResponse(1, code="insufficient_quota")
    talk = await open_session()
    talk.session.request_response()
    assert not (await talk.next(ev.BackendLost)).retriable


async def test_before_the_limit_it_says_so(model, open_session) -> None:
    model.faults.expires_in_seconds = 181.0
    talk = await open_session()
    await talk.next(ev.BackendExpiring)


async def test_noise_on_the_wire_changes_nothing(model, open_session) -> None:
    model.faults.chatter = model.faults.malformed = True
    talk = await open_session()
    talk.session.request_response()
    assert (await talk.next(ev.ResponseDone)).status == "completed"
