import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import aiohttp
from aiohttp import web

from biami_engine.interface import CallRecord, LiveEvent, Unsubscribe, VoiceEngine
from biami_engine.web.events import MAX_WAITING, EventSockets

from .conftest import PATIENCE_SECONDS, Server

HANDSHAKE = (
    b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def test_a_watcher_sees_active_calls_and_then_what_happens(server: Server) -> None:
    _, placed = await server.initiate()
    async with server.session.ws_connect(f"{server.url}/api/events") as socket:
        hello = await socket.receive_json(timeout=PATIENCE_SECONDS)
        assert (hello["type"], [call["id"] for call in hello["calls"]]) == ("hello", [placed["callId"]])
        await socket.send_str("watchers say nothing that matters")
        await server.engine.hang_up(placed["callId"])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (event := await socket.receive_json())["type"] != "call_ended":
                pass
        assert event["call_id"] == placed["callId"]
        assert event["data"]["end_reason"] == "operator"


class Announcer:
    """An engine without calls whose events a test makes."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[LiveEvent], None]] = []

    def subscribe(self, listener: Callable[[LiveEvent], None]) -> Unsubscribe:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    async def list_calls(self, limit: int = 50, active: bool | None = None) -> list[CallRecord]:
        return []

    def announce(self, text: str) -> None:
        for listener in list(self.listeners):
            listener(LiveEvent("transcript", "call_x", datetime.now(UTC), {"text": text}))


async def test_a_watcher_that_reads_nothing_is_dropped_and_others_stay() -> None:
    engine = Announcer()
    app = web.Application()
    app.add_routes(EventSockets(cast(VoiceEngine, engine)).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    deaf_reader, deaf_writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    deaf_writer.write(HANDSHAKE)
    await asyncio.wait_for(deaf_reader.read(1), PATIENCE_SECONDS)
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
        good = await session.ws_connect(f"http://127.0.0.1:{port}/api/events")
        await good.receive_json()
        told = 0
        while len(engine.listeners) == 2:
            engine.announce("x" * 100_000)
            assert (await good.receive_json())["call_id"] == "call_x"
            told += 1
        assert told > MAX_WAITING
        await good.close()
    deaf_writer.close()
    with contextlib.suppress(ConnectionError):
        await deaf_writer.wait_closed()
    await runner.cleanup()


async def test_a_stopping_server_says_goodbye(server: Server) -> None:
    socket = await server.session.ws_connect(f"{server.url}/api/events")
    await socket.receive_json(timeout=PATIENCE_SECONDS)
    stopping = asyncio.create_task(server.runner.cleanup())
    goodbye = await socket.receive(PATIENCE_SECONDS)
    assert (goodbye.type, goodbye.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)
    await asyncio.wait_for(stopping, PATIENCE_SECONDS)
