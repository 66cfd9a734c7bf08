"""A Twilio line beside a lab carrier, over real sockets: the transport, its web routes, its ledger, and phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from biami_engine.calllog import Store, StoreLedger
from biami_engine.calls.clock import SystemClock
from biami_engine.config import TwilioLine
from biami_engine.core.events import CallerAudio, CallEvent
from biami_engine.lab.carrier import CarrierRules, LabCall, LabCarrier, PhoneLine
from biami_engine.transports.port import DialRequest, Leg, Transport, TransportServices
from biami_engine.transports.twilio import TwilioTransport
from biami_engine.web.twilio import twilio_routes

T = TypeVar("T")

HOUSE = "+12313993815"
CALLER = "+14155550123"
SPEED = 8.0
SECONDS = 20.0
"""Real seconds any test waits for anything."""


class Talker:
    """Answers and stays; the test moves its mouth and fingers by `line`."""

    def __init__(self, answers: bool = True) -> None:
        self.line: PhoneLine | None = None
        self.rang = asyncio.Event()
        self._answers = answers

    async def attend(self, line: PhoneLine) -> None:
        self.line = line
        self.rang.set()
        if self._answers:
            line.answer()


class Listener:
    """Reads a leg's events; a test waits for the next one of a kind."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.events: list[CallEvent] = []
        self.over = False
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.leg.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
        async with self._news:
            self.over = True
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(condition)

    async def next(self, kind: type[T], count: int = 1) -> T:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def heard(self) -> bytes:
        """All caller audio."""
        return b"".join(event.audio.payload for event in self.of(CallerAudio))

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@dataclass
class House:
    """Everything on our side of the carrier."""

    clock: SystemClock
    carrier: LabCarrier
    line: TwilioLine
    services: TransportServices
    store: Store
    ledger: StoreLedger
    url: str = ""
    transports: dict[str, Transport] = field(default_factory=dict)
    retired: list[Transport] = field(default_factory=list)
    incoming: asyncio.Queue[Leg] = field(default_factory=asyncio.Queue)
    listeners: list[Listener] = field(default_factory=list)

    @property
    def transport(self) -> TwilioTransport:
        transport = self.transports["office"]
        assert isinstance(transport, TwilioTransport)
        return transport

    async def start_transport(self) -> None:
        self.transports["office"] = TwilioTransport(self.line, self.services)
        await self.transport.start(self.incoming.put_nowait)

    def talker(self, answers: bool = True) -> Talker:
        return Talker(answers)

    def listen(self, leg: Leg) -> Listener:
        self.listeners.append(Listener(leg))
        return self.listeners[-1]

    async def receive_call(self, phone: Talker | None = None) -> tuple[LabCall, Listener]:
        """A phone calls the house; the leg rings and is not answered yet."""
        call = await self.carrier.call(CALLER, HOUSE, phone or Talker())
        leg = await asyncio.wait_for(self.incoming.get(), SECONDS)
        return call, self.listen(leg)

    def request(self, number: int = 1, **more: object) -> DialRequest:
        call_id = f"call_{number:020x}"
        fields = {"to": CALLER, "from_": HOUSE, "time_limit_seconds": 600, **more}
        return DialRequest(call_id=call_id, leg_id=f"{call_id}-1", **fields)  # type: ignore[arg-type]

    async def dial(self, number: int = 1, **more: object) -> Listener:
        return self.listen(await self.transport.dial(self.request(number, **more)))

    async def open_entries(self) -> list[str]:
        return [entry.leg_id for entry in await self.ledger.open_entries("office")]

    async def until_closed(self) -> None:
        """The ledger has no open leg, once what the line does after the end of its legs is done."""
        await asyncio.wait_for(self.transport.tasks.finish(), SECONDS)
        assert await self.open_entries() == []


@pytest.fixture
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Parametrized (indirect), it takes the speed of its clock."""
    clock = SystemClock(speed=getattr(request, "param", SPEED))
    carrier = LabCarrier(clock, rules=CarrierRules(calls_per_second=50))
    await carrier.start()
    store = Store(f"sqlite:///{tmp_path}/log.db")
    await store.start()
    ledger = StoreLedger(store, clock, "owner1")
    line = TwilioLine("office", carrier.account_sid, carrier.auth_token, HOUSE, api_url=carrier.url)
    services = TransportServices(clock, ledger, "", b"k" * 32, "owner1")
    house = House(clock, carrier, line, services, store, ledger)
    app = web.Application()
    app.add_routes(twilio_routes(house))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    house.url = services.public_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    carrier.add_number(HOUSE, house.url + "/twilio/voice", house.url + "/api/outbound/status-callback")
    await house.start_transport()
    yield house
    await house.transport.stop()
    await carrier.stop()
    await runner.cleanup()
    for listener in house.listeners:
        await listener.stop()
    await store.close()
