import asyncio
import json
from dataclasses import replace

import aiohttp
import pytest

from biami_engine.audio.frame import PCM16_24K
from biami_engine.audio.tones import beep
from biami_engine.config import EngineConfig

from .conftest import PATIENCE_SECONDS, Serve, Server

START = {"type": "start"}
SILENCE = bytes(960)


async def until(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, object]:
    """The next message of this type; sound and other messages pass."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            message = await socket.receive()
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
            if message.type is aiohttp.WSMsgType.TEXT and (heard := json.loads(message.data))["type"] == kind:
                return dict(heard)


async def test_a_page_talks_and_hears_itself(server: Server) -> None:
    tone = beep(PCM16_24K, ms=800, hz=440).payload
    async with server.session.ws_connect(f"{server.url}/api/voice") as socket:
        await socket.send_json({**START, "context": "sales"})
        started = await until(socket, "started")
        for sound in (tone, SILENCE * 100):
            for at in range(0, len(sound), 960):
                await socket.send_bytes(sound[at : at + 960])
        item = await until(socket, "item")
        assert item["epoch"] == 0
        heard = await socket.receive(PATIENCE_SECONDS)
        assert heard.type is aiohttp.WSMsgType.BINARY
        await socket.send_json({"type": "hang_up"})
        assert (await until(socket, "ended"))["reason"] == "caller_hangup"
    call = str(started["call_id"])
    await asyncio.wait_for(server.engine.wait_for_end(call), PATIENCE_SECONDS)
    record = await server.engine.get_call(call)
    assert (record.context, record.line, record.status) == ("sales", "web", "completed")


async def test_hanging_up_by_the_api_ends_the_page(server: Server) -> None:
    async with server.session.ws_connect(f"{server.url}/api/voice") as socket:
        await socket.send_json(START)
        started = await until(socket, "started")
        assert (await server.ask("POST", f"/api/outbound/hangup/{started['call_id']}"))[0] == 200
        assert (await until(socket, "ended"))["reason"] == "operator"


async def test_a_page_hears_what_happens_in_its_own_call_only(server: Server) -> None:
    async with server.session.ws_connect(f"{server.url}/api/voice") as socket:
        await socket.send_json(START)
        started = await until(socket, "started")
        await server.initiate()
        await socket.send_json({"type": "dtmf", "digit": "7"})
        event = await until(socket, "event")
        while event["name"] != "dtmf":
            event = await until(socket, "event")
        assert event["data"] == {"leg": f"{started['call_id']}-1", "digit": "7"}


@pytest.mark.parametrize("line", ["phone", "nowhere"])
async def test_only_a_browser_line_can_be_called(server: Server, line: str) -> None:
    status, answer = await server.ask("GET", f"/api/voice?line={line}")
    assert (status, answer["error"]["code"]) == (404, "unknown_line")


async def test_without_a_browser_line_there_is_nobody_to_talk_to(serve: Serve, config: EngineConfig) -> None:
    server = await serve(replace(config, lines={"phone": config.lines["phone"]}))
    assert (await server.ask("GET", "/api/voice"))[0] == 404


async def test_a_ticket_stands_for_the_token_once(guarded: Server) -> None:
    token = {"Authorization": "Bearer s3cret-token"}
    _, answer = await guarded.ask("POST", "/api/voice/ticket", headers=token)
    url = f"{guarded.url}/api/voice?ticket={answer['ticket']}"
    async with guarded.session.ws_connect(url) as socket:
        await socket.send_json(START)
        await until(socket, "started")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await guarded.session.ws_connect(url)
    assert refused.value.status == 401
    assert (await guarded.ask("POST", "/api/voice/ticket"))[0] == 401


async def test_a_full_house_is_busy(serve: Serve, config: EngineConfig) -> None:
    server = await serve(replace(config, limits=replace(config.limits, max_concurrent_calls=1)))
    await server.initiate()
    async with server.session.ws_connect(f"{server.url}/api/voice") as socket:
        await socket.send_json(START)
        assert (await until(socket, "ended"))["reason"] == "busy"
