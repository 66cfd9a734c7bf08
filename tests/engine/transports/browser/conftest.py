"""A browser line behind a real server on loopback, and a page that speaks its protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from biami_engine.calls.clock import SystemClock
from biami_engine.config import BrowserLine
from biami_engine.core.events import CallEvent
from biami_engine.transports.browser import BrowserTransport
from biami_engine.transports.browser.leg import BrowserLeg
from biami_engine.transports.port import Ledger, Leg, TransportServices
from biami_engine.web.sockets import AiohttpSocket

PATIENCE_SECONDS = 10.0


@dataclass
class Page:
    """The far end of `/api/voice`, without sound hardware."""

    socket: aiohttp.ClientWebSocketResponse

    async def say(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def hear(self) -> dict[str, Any] | bytes:
        """The next message; a close becomes {"closed": code}."""
        received = await self.socket.receive(PATIENCE_SECONDS)
        if received.type is aiohttp.WSMsgType.BINARY:
            return cast(bytes, received.data)
        if received.type is aiohttp.WSMsgType.TEXT:
            return cast(dict[str, Any], json.loads(received.data))
        return {"closed": self.socket.close_code}

    async def hear_all(self) -> list[dict[str, Any] | bytes]:
        """Everything up to the close, which is the last."""
        heard = [await self.hear()]
        while not (isinstance(heard[-1], dict) and "closed" in heard[-1]):
            heard.append(await self.hear())
        return heard


@dataclass
class Line:
    """The line under test, and the legs it reported."""

    transport: BrowserTransport
    url: str
    session: aiohttp.ClientSession
    legs: asyncio.Queue[BrowserLeg] = field(default_factory=asyncio.Queue)
    served: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def open(self) -> Page:
        return Page(await self.session.ws_connect(self.url))

    async def call(self, context: str | None = None) -> tuple[Page, BrowserLeg, Events]:
        """A page that started a call, its leg (answered), and the leg's events."""
        page = await self.open()
        await page.say(type="start", **({"context": context} if context else {}))
        leg = await asyncio.wait_for(self.legs.get(), PATIENCE_SECONDS)
        leg.answer()
        assert await page.hear() == {"type": "started", "call_id": leg.call_id}
        events = Events(leg.events())
        await events.next()
        return page, leg, events


@dataclass
class Events:
    source: AsyncIterator[CallEvent]

    async def next(self) -> CallEvent:
        return await asyncio.wait_for(anext(self.source), PATIENCE_SECONDS)

    async def rest(self) -> list[CallEvent]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [event async for event in self.source]


@asynccontextmanager
async def serving(clock: SystemClock) -> AsyncIterator[Line]:
    services = TransportServices(clock, cast(Ledger, None), "", b"", "here")
    transport = BrowserTransport(BrowserLine("web"), services)
    app = web.Application()
    runner = web.AppRunner(app)

    async def converse(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=1024 * 1024, timeout=1)
        await socket.prepare(request)
        await transport.serve(AiohttpSocket(socket, request), ["general", "sales"])
        line.served.put_nowait(None)
        return socket

    app.router.add_get("/voice", converse)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        line = Line(transport, f"http://127.0.0.1:{runner.addresses[0][1]}/voice", session)

        def on_incoming(leg: Leg) -> None:
            assert isinstance(leg, BrowserLeg)
            line.legs.put_nowait(leg)

        await transport.start(on_incoming)
        yield line
        await transport.stop()
    await runner.cleanup()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with serving(SystemClock()) as line:
        yield line
