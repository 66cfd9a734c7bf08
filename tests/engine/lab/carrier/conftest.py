"""A small server as Twilio's customer writes it, a carrier beside it, and phones that need no script."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, web

from biami_engine.audio.frame import PCMU_8K
from biami_engine.audio.tones import tones
from biami_engine.calls.clock import SystemClock
from biami_engine.lab.carrier import CarrierRules, LabCarrier, PhoneLine

HOUSE = "+12313993815"
CALLER = "+14155550123"
SPEED = 8.0


@dataclass
class Customer:
    """Answers webhooks with what `twiml` says and keeps what came; `on_stream` is the media application."""

    twiml: dict[str, str] = field(default_factory=dict)
    on_stream: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None
    status: int = 200
    refuse_streams: bool = False
    posts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    upgrades: list[str] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""

    async def post(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        async with self.news:
            self.posts.append((request.path, form, request.headers["X-Twilio-Signature"]))
            self.news.notify_all()
        if request.path in self.twiml:
            return web.Response(text=self.twiml[request.path], content_type="text/xml", status=self.status)
        return web.Response(status=204)

    async def media(self, request: web.Request) -> web.StreamResponse:
        self.upgrades.append(request.headers["x-twilio-signature"])
        if self.refuse_streams:
            return web.Response(status=403)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if self.on_stream is not None:
            await self.on_stream(socket)
        async for message in socket:
            await self.note(json.loads(message.data))
        await self.note({"event": "closed"})
        return socket

    async def note(self, message: dict[str, Any]) -> None:
        async with self.news:
            self.heard.append(message)
            self.news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(condition)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["event"] == kind]

    def statuses(self, path: str = "/status") -> list[str]:
        return [form["CallStatus"] for where, form, _ in self.posts if where == path]

    def connect(self, after: str = "", query: str = "") -> str:
        url = self.url.replace("http", "ws", 1) + "/media" + query
        stream = f'<Stream url="{url}"><Parameter name="token" value="t1"/></Stream>'
        return f"<Response><Connect>{stream}</Connect>{after}</Response>"


@dataclass
class Talker:
    """Answers and stays; the test moves its mouth and fingers by `line`."""

    line: PhoneLine | None = None

    async def attend(self, line: PhoneLine) -> None:
        self.line = line
        line.answer()


def sound(low: int, high: int, ms: int) -> bytes:
    """Two tones as the telephone carries them."""
    return tones(PCMU_8K, (low, high), ms, -14).payload


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
async def customer() -> AsyncIterator[Customer]:
    customer = Customer()
    app = web.Application()
    app.router.add_get("/media", customer.media)
    app.router.add_post("/{path:.*}", customer.post)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    customer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield customer
    await runner.cleanup()


@pytest.fixture
async def carrier(customer: Customer) -> AsyncIterator[LabCarrier]:
    carrier = LabCarrier(SystemClock(speed=SPEED), rules=CarrierRules(calls_per_second=10))
    await carrier.start()
    carrier.add_number(HOUSE, customer.url + "/voice", customer.url + "/status")
    yield carrier
    await carrier.stop()


@dataclass
class Api:
    """The account's REST API without any SDK."""

    session: ClientSession
    base: str

    async def post(self, path: str, form: Any = None, **data: str) -> tuple[int, dict[str, Any]]:
        async with self.session.post(self.base + path, data=form or data) as response:
            return response.status, await response.json()

    async def get(self, path: str, **query: str) -> tuple[int, dict[str, Any]]:
        async with self.session.get(self.base + path, params=query) as response:
            return response.status, await response.json()

    async def delete(self, path: str) -> int:
        async with self.session.delete(self.base + path) as response:
            return response.status


@pytest.fixture
async def api(carrier: LabCarrier) -> AsyncIterator[Api]:
    credentials = basic(carrier.account_sid, carrier.auth_token)
    async with ClientSession(headers={"Authorization": credentials}) as session:
        yield Api(session, f"{carrier.url}/2010-04-01/Accounts/{carrier.account_sid}")
