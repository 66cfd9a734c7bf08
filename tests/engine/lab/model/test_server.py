from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio
from biami_engine.audio.framing import Framer
from biami_engine.backends.sound import as_format
from biami_engine.calls.clock import SystemClock
from biami_engine.lab.model import InResponse, InTurn, LabModel, ModelFaults
from biami_engine.lab.model.session import EXPIRED
from biami_engine.speech import Voices

KEY = "sk-lab"


@pytest.fixture
async def model(voices: Voices) -> AsyncIterator[LabModel]:
    model = LabModel(SystemClock(), KEY, speaker=voices.speaker, mind=lambda: InTurn("Good morning."), speed=0)
    await model.start()
    yield model
    await model.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


def connect(http: aiohttp.ClientSession, model: LabModel, query: str = "?model=gpt-realtime-2.1", **headers: str):  # type: ignore[no-untyped-def]  # aiohttp's own context manager
    return http.ws_connect(
        f"{model.base_url}/realtime{query}",
        headers={"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): text for name, text in headers.items()}},
        max_msg_size=0,
    )


async def test_the_openai_package_holds_a_conversation_with_it(model: LabModel, voices: Voices) -> None:
    caller = as_format(await voices.speaker.render("Hello, is anybody there?"), PCMU_8K)
    async with (
        asyncio.timeout(20),
        AsyncOpenAI(api_key=KEY, base_url=model.base_url) as client,
        client.realtime.connect(model="gpt-realtime-2.1") as connection,
    ):
        assert (await connection.recv()).type == "session.created"
        audio: Any = {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcmu"}}}
        await connection.session.update(session={"type": "realtime", "audio": audio})
        assert (await connection.recv()).type == "session.updated"
        for sound in (Audio.silence(PCMU_8K, 300), caller, Audio.silence(PCMU_8K, 700)):
            for frame in Framer(PCMU_8K).push(sound):
                await connection.input_audio_buffer.append(audio=frame.base64)
        seen, heard = [], b""
        async for event in connection:
            seen.append(event.type)
            if event.type == "response.output_audio.delta":
                heard += base64.b64decode(event.delta)
            if event.type == "response.done":
                break
    assert seen[:3] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ]
    assert 400 < Audio(PCMU_8K, heard).duration_ms < 3000


async def test_a_wrong_key_is_401(model: LabModel, http: aiohttp.ClientSession) -> None:
    for headers in ({}, {"Authorization": "Bearer sk-wrong"}):
        async with http.get(f"{model.base_url}/realtime?model=m", headers=headers) as response:
            assert response.status == 401
            assert (await response.json())["error"]["code"] == "invalid_api_key"


async def test_the_beta_is_closed_and_a_model_must_be_named(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with connect(http, model, OpenAI_Beta="realtime=v1") as socket:
        assert (await socket.receive_json())["error"]["code"] == "beta_api_shape_disabled"
        closed = await socket.receive()
        assert closed.data == 4000
        assert "beta_api_shape_disabled" in (closed.extra or "")
    async with connect(http, model, query="") as socket:
        assert (await socket.receive_json())["error"]["param"] == "model"
    assert model.sessions == []


async def test_a_model_nobody_knows_is_refused(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with connect(http, model, query="?model=gpt-live-1") as socket:
        assert (await socket.receive_json())["error"]["code"] == "invalid_model"
        assert (await socket.receive()).data == 4000


async def test_a_bad_key_may_be_told_after_the_upgrade(model: LabModel, http: aiohttp.ClientSession) -> None:
    model.faults.refuse_key = "close"
    async with connect(http, model) as socket:
        closed = await socket.receive()
        assert (closed.data, closed.extra) == (3000, "invalid_request_error.invalid_api_key")


async def test_a_session_that_is_over_is_closed_with_its_reason(http: aiohttp.ClientSession) -> None:
    model = LabModel(SystemClock(100.0), KEY, faults=ModelFaults(expires_in_seconds=5))
    await model.start()
    async with asyncio.timeout(10), connect(http, model) as socket:
        created = (await socket.receive_json())["session"]
        assert created["expires_at"] - model.clock.wall().timestamp() <= 5
        closed = await socket.receive()
        assert (closed.data, closed.extra) == (1001, EXPIRED)
    await model.stop()


async def test_the_connection_just_breaks(http: aiohttp.ClientSession) -> None:
    faults = ModelFaults(disconnect=InResponse(1, after_ms=100))
    model = LabModel(SystemClock(), KEY, mind=lambda: InTurn("x" * 30), faults=faults)
    await model.start()
    async with asyncio.timeout(10), connect(http, model) as socket:
        await socket.send_json({"type": "response.create"})
        async for message in socket:
            assert "response.done" not in message.data
        assert socket.close_code in (None, 1006)
    await model.stop()


async def test_garbage_is_an_error_and_the_session_goes_on(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(10), connect(http, model) as socket:
        await socket.receive_json()
        for text in ("{", "[" * 100_000, "[]", "null", '{"type": "nothing"}'):
            await socket.send_str(text)
            assert (await socket.receive_json())["type"] == "error"
        await socket.send_json({"type": "input_audio_buffer.clear"})
        assert (await socket.receive_json())["type"] == "input_audio_buffer.cleared"
    assert list(model.received) == [{"type": "nothing"}, {"type": "input_audio_buffer.clear"}]


async def test_sound_is_faster_than_real_time_but_not_all_at_once(http: aiohttp.ClientSession) -> None:
    model = LabModel(SystemClock(), KEY, mind=lambda: InTurn("x" * 30), speed=40)
    await model.start()
    async with asyncio.timeout(10), connect(http, model) as socket:
        await socket.send_json({"type": "response.create"})
        kinds: list[str] = []
        while not kinds or kinds[-1] != "response.done":
            kinds.append((await socket.receive_json())["type"])
    assert kinds.count("response.output_audio.delta") == 9
    await model.stop()


async def test_two_clients_do_not_hear_each_other(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(10), connect(http, model) as one, connect(http, model) as other:
        await one.receive_json()
        await other.receive_json()
        assert len(model.sessions) == 2
        await one.send_json({"type": "input_audio_buffer.clear"})
        await other.send_json({"type": "response.cancel"})
        assert (await one.receive_json())["type"] == "input_audio_buffer.cleared"
        assert (await other.receive_json())["error"]["code"] == "response_cancel_not_active"


async def test_dropping_every_client_leaves_nothing(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(10), connect(http, model) as socket:
        await socket.receive_json()
        await socket.send_json({"type": "response.create"})
        await socket.receive_json()
        await model.drop(1011)
        async for _ in socket:
            pass
        assert socket.close_code == 1011
    await model.stop()
    assert model.sessions == []


async def test_the_sound_is_in_the_format_of_the_session(model: LabModel, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(20), connect(http, model) as socket:
        await socket.send_json({"type": "response.create"})
        heard = b""
        while (event := await socket.receive_json())["type"] != "response.done":
            if event["type"] == "response.output_audio.delta":
                heard += base64.b64decode(event["delta"])
    assert 400 < Audio(PCM16_24K, heard).duration_ms < 3000
