"""Many calls over real sockets, ended at random moments by whoever comes first: nothing of them may be left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from biami_engine.audio.frame import PCMU_8K
from biami_engine.audio.tones import beep
from biami_engine.calls.clock import SystemClock
from biami_engine.calls.registry import MAX_REMEMBERED
from biami_engine.config import (
    BackendConfig,
    CallLogConfig,
    ContextConfig,
    EngineConfig,
    LimitsConfig,
    ServerConfig,
    TwilioLine,
)
from biami_engine.engine import LocalEngine
from biami_engine.errors import BiamiError
from biami_engine.interface import CallRequest
from biami_engine.lab.carrier import CarrierRules, LabCarrier, PhoneLine
from biami_engine.web.app import create_app

SPEED = 10.0
HOUSE, CALLER = "+12313993815", "+14155550123"
AT_ONCE = 12
WORDS = beep(PCMU_8K, ms=700).payload


@dataclass
class Town:
    engine: LocalEngine
    carrier: LabCarrier
    clock: SystemClock


class RestlessPhone:
    """Takes the call or not, speaks now and then, and leaves when it pleases (or never)."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    async def attend(self, line: PhoneLine) -> None:
        clock = line.clock
        await clock.sleep_until(clock.monotonic() + self.chance.uniform(0, 2))
        kind = self.chance.random()
        if not line.dialled and kind < 0.2:
            (line.busy if kind < 0.1 else line.fail)()
            return
        line.answer()
        for _ in range(self.chance.randint(0, 3)):
            line.mouth.say(WORDS)
            if self.chance.random() < 0.2:
                line.press("1w2")
            await clock.sleep_until(clock.monotonic() + self.chance.uniform(0, 2))
        if self.chance.random() < 0.7:
            line.hang_up()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = SystemClock(SPEED)
    carrier = LabCarrier(clock, rules=CarrierRules(calls_per_second=1000, keep_audio_of_calls=1))
    await carrier.start()
    probe = web.AppRunner(web.Application())
    await probe.setup()
    site = web.TCPSite(probe, "127.0.0.1", 0)
    await site.start()
    port = probe.addresses[0][1]
    await probe.cleanup()
    url = f"http://127.0.0.1:{port}"
    line = TwilioLine("office", carrier.account_sid, carrier.auth_token, HOUSE, "c", api_url=carrier.url)
    config = EngineConfig(
        server=ServerConfig(port=port, public_url=url),
        lines={"office": line},
        backends={"echo": BackendConfig("echo", "echo")},
        default_backend="echo",
        contexts={"c": ContextConfig("c")},
        limits=LimitsConfig(max_concurrent_calls=100, calls_per_minute=10**6, calls_per_hour=10**6),
        call_log=CallLogConfig(f"sqlite:///{tmp_path / 'log.db'}"),
    )
    engine = LocalEngine(config, clock)
    await engine.start()
    runner = web.AppRunner(create_app(engine), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    carrier.add_number(HOUSE, f"{url}/twilio/voice", f"{url}/api/outbound/status-callback")
    yield Town(engine, carrier, clock)
    await engine.stop()
    await carrier.stop()
    await runner.cleanup()


async def one_call(town: Town, chance: random.Random) -> None:
    """In or out; ended by the phone, by us, by a cut socket or by the caller's impatience."""
    clock, carrier, engine = town.clock, town.carrier, town.engine
    phone = RestlessPhone(chance)
    if chance.random() < 0.5:
        lab_call = await carrier.call(CALLER, HOUSE, phone)
        sid = lab_call.sid
    else:
        number = f"+1415555{chance.randrange(10_000):04}"
        carrier.phones[number] = phone
        record = await engine.place_call(CallRequest(number))
        sid = record.provider_id or ""
    await clock.sleep_until(clock.monotonic() + chance.uniform(0, 6))
    call = carrier.calls[sid]
    how = chance.random()
    if how < 0.3:
        with contextlib.suppress(BiamiError):  # over already, or its webhook has not come yet
            await engine.hang_up(sid)
    elif how < 0.5 and call.stream is not None:
        call.stream.cut()
    elif how < 0.6:
        call.line.hang_up()
    if not call.terminal:
        call.line.hang_up()
    await asyncio.wait_for(call.gone.wait(), 20)


async def settled(town: Town) -> None:
    """Until the engine knows of no call any more."""
    async with asyncio.timeout(30):
        while await town.engine.list_calls(active=True):
            await asyncio.sleep(0.02)


def running_tasks() -> Counter[str]:
    """By what they run; idle HTTP connections, which both sides keep alive for a while, are aiohttp's own."""
    names = Counter(task.get_coro().__qualname__ for task in asyncio.all_tasks())
    del names["RequestHandler.start"]
    return names


def held_by_the_engine() -> int:
    """Bytes that lines of the engine allocated since tracing began and still hold.

    The lab keeps its own records, and its phones listen for keys.
    """
    filters = (
        tracemalloc.Filter(True, "*/biami_engine/*"),
        tracemalloc.Filter(False, "*/biami_engine/lab/*"),
        tracemalloc.Filter(False, "*/audio/dtmf_detector.py"),
    )
    return sum(entry.size for entry in tracemalloc.take_snapshot().filter_traces(filters).statistics("filename"))


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def batch(town: Town, chance: random.Random, count: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(seed: int) -> None:
        async with gate:
            await one_call(town, random.Random(seed))

    async with asyncio.TaskGroup() as calls:
        for _ in range(count):
            calls.create_task(gated(chance.randrange(2**32)))
    await settled(town)
    await asyncio.sleep(0.5)
    gc.collect()


@pytest.mark.soak
@pytest.mark.filterwarnings("default")
async def test_a_thousand_calls_leave_nothing_behind(town: Town, soak_count, seed: int) -> None:
    chance = random.Random(seed)
    total = soak_count(1000)
    await batch(town, chance, max(20, total // 5))
    tasks, files = running_tasks(), open_files()
    tracemalloc.start()
    await batch(town, chance, total)
    kept = held_by_the_engine()
    tracemalloc.stop()

    assert [call.sid for call in town.carrier.calls.values() if not call.terminal] == []
    ledger = await town.engine._ledger.open_entries("office")
    assert list(ledger) == []
    assert running_tasks() - tasks == Counter()
    assert open_files() <= files + AT_ONCE  # idle HTTP connections of the lab
    remembered = min(total, MAX_REMEMBERED) * 2_000  # a closed record with its transcript
    assert kept < 200_000 + remembered, f"the engine holds {kept} bytes more after {total} calls"
