"""A live leg of every transport, its far end in the test's hands: real sockets, the lab's carrier, a page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aiohttp
from aiohttp import web

from biami_engine.audio.frame import Audio
from biami_engine.calllog import Store, StoreLedger
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BrowserLine, LoopbackLine, TwilioLine
from biami_engine.lab.carrier import CarrierRules, LabCarrier, PhoneLine
from biami_engine.transports import create_transport
from biami_engine.transports.browser import BrowserTransport
from biami_engine.transports.loopback import LoopbackPhone, LoopbackTransport
from biami_engine.transports.port import Leg, Transport, TransportServices
from biami_engine.web.sockets import AiohttpSocket
from biami_engine.web.twilio import twilio_routes

SPEED = 4.0
HOUSE, CALLER = "+12313993815", "+14155550123"


class FarEnd(Protocol):
    def heard(self) -> bytes:
        """Everything its ear was played, as the wire's bytes, silence left out."""
        ...

    async def speak(self, audio: Audio) -> None: ...
    async def hang_up(self) -> None: ...


@dataclass
class Line:
    transport: Transport
    leg: Leg
    far: FarEnd
    clock: SystemClock


@dataclass
class LoopbackEnd:
    phone: LoopbackPhone

    def heard(self) -> bytes:
        return b"".join(piece.audio.payload for piece in self.phone.heard)

    async def speak(self, audio: Audio) -> None:
        for start in range(0, int(audio.duration_ms), 20):
            self.phone.speak(audio.slice(start, start + 20))

    async def hang_up(self) -> None:
        self.phone.hang_up()


@dataclass
class TwilioEnd:
    line: PhoneLine

    def heard(self) -> bytes:
        return bytes(self.line.ear.recording).replace(b"\xff", b"")

    async def speak(self, audio: Audio) -> None:
        self.line.mouth.say(audio.payload)

    async def hang_up(self) -> None:
        self.line.hang_up()


@dataclass
class PageEnd:
    """Plays what it gets at the speed of the clock, and reports it as a page's worklet does."""

    socket: aiohttp.ClientWebSocketResponse
    clock: SystemClock
    played: bytearray = field(default_factory=bytearray)

    async def run(self) -> None:
        item, epoch, counts = "", 0, dict[str, float]()
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.played += message.data
                counts[item] = counts.get(item, 0.0) + len(message.data) / 48
                report = {"type": "played", "item_id": item, "ms": counts[item], "epoch": epoch}
                await self.socket.send_str(json.dumps(report))
                continue
            body = json.loads(message.data)
            if body["type"] == "item":
                item, epoch = body["item_id"], body["epoch"]
            elif body["type"] == "clear":
                counts.clear()
                await self.socket.send_str(json.dumps({"type": "cleared", "epoch": body["epoch"]}))

    def heard(self) -> bytes:
        return bytes(self.played).replace(b"\x00\x00", b"")

    async def speak(self, audio: Audio) -> None:
        for start in range(0, int(audio.duration_ms), 20):
            await self.socket.send_bytes(audio.slice(start, start + 20).payload)

    async def hang_up(self) -> None:
        await self.socket.send_str('{"type": "hang_up"}')


class Talker:
    """Picks up and holds the telephone."""

    def __init__(self) -> None:
        self.line: asyncio.Future[PhoneLine] = asyncio.get_running_loop().create_future()

    async def attend(self, line: PhoneLine) -> None:
        line.answer()
        self.line.set_result(line)


@dataclass
class Engine:
    """What the Twilio routes need of an engine."""

    transports: dict[str, Transport] = field(default_factory=dict)
    retired: list[Transport] = field(default_factory=list)


@asynccontextmanager
async def services(folder: Path, clock: SystemClock) -> AsyncIterator[TransportServices]:
    store = Store(f"sqlite:///{folder / 'log.db'}")
    await store.start()
    yield TransportServices(clock, StoreLedger(store, clock, "owner"), "", b"k" * 32, "owner")
    await store.close()


async def serve(stack: AsyncExitStack, app: web.Application) -> str:
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def loopback_line(stack: AsyncExitStack, lent: TransportServices, clock: SystemClock) -> Line:
    transport = create_transport(LoopbackLine("line"), lent)
    assert isinstance(transport, LoopbackTransport)
    legs: asyncio.Queue[Leg] = asyncio.Queue()
    await transport.start(legs.put_nowait)
    stack.push_async_callback(transport.stop)
    phone = transport.call_in()
    return Line(transport, await legs.get(), LoopbackEnd(phone), clock)


async def browser_line(stack: AsyncExitStack, lent: TransportServices, clock: SystemClock) -> Line:
    transport = create_transport(BrowserLine("line"), lent)
    assert isinstance(transport, BrowserTransport)
    legs: asyncio.Queue[Leg] = asyncio.Queue()
    await transport.start(legs.put_nowait)

    async def converse(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await transport.serve(AiohttpSocket(socket, request), ["general"])
        return socket

    app = web.Application()
    app.router.add_get("/api/voice", converse)
    url = await serve(stack, app)
    stack.push_async_callback(transport.stop)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    socket = await stack.enter_async_context(session.ws_connect(f"{url}/api/voice"))
    await socket.send_str('{"type": "start"}')
    leg = await legs.get()
    page = PageEnd(socket, clock)
    playing = asyncio.create_task(page.run())
    stack.callback(playing.cancel)
    return Line(transport, leg, page, clock)


async def twilio_line(stack: AsyncExitStack, lent: TransportServices, clock: SystemClock) -> Line:
    carrier = LabCarrier(clock, rules=CarrierRules(calls_per_second=50))
    await carrier.start()
    stack.push_async_callback(carrier.stop)
    engine, app = Engine(), web.Application()
    app.add_routes(twilio_routes(engine))
    lent.public_url = url = await serve(stack, app)
    carrier.add_number(HOUSE, f"{url}/twilio/voice", f"{url}/api/outbound/status-callback")
    line = TwilioLine("line", carrier.account_sid, carrier.auth_token, HOUSE, api_url=carrier.url)
    transport = engine.transports["line"] = create_transport(line, lent)
    legs: asyncio.Queue[Leg] = asyncio.Queue()
    await transport.start(legs.put_nowait)
    stack.push_async_callback(transport.stop)
    talker = Talker()
    await carrier.call(CALLER, HOUSE, talker)
    return Line(transport, await legs.get(), TwilioEnd(await talker.line), clock)


LINES: dict[str, Callable[[AsyncExitStack, TransportServices, SystemClock], object]] = {
    "browser": browser_line,
    "loopback": loopback_line,
    "twilio": twilio_line,
}
"""One harness for each entry of TRANSPORTS."""
