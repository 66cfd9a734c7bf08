"""An engine on a loopback line: calls without a wire, at many times the speed of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.tones import beep
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig, CallLogConfig, ContextConfig, EngineConfig, IdleConfig, LoopbackLine
from biami_engine.engine import LocalEngine
from biami_engine.interface import LiveEvent
from biami_engine.transports.loopback import LoopbackPhone, LoopbackTransport

SPEED = 8.0
QUIET = IdleConfig(after_seconds=3600, absolute_silence_seconds=36000)


class House:
    """The engine under test and what it told."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.told: list[LiveEvent] = []
        engine.subscribe(self.told.append)

    @property
    def line(self) -> LoopbackTransport:
        transport = self.engine.transports["loop"]
        assert isinstance(transport, LoopbackTransport)
        return transport

    async def until(self, happened: Callable[[], bool], what: str = "it") -> None:
        """Wait for something that events make true; fails after ten seconds of real time."""
        async with asyncio.timeout(10):
            while not happened():
                await asyncio.sleep(0.002)

    async def answered(self, phone: LoopbackPhone) -> LoopbackPhone:
        await self.until(lambda: phone.connected)
        await self.until(lambda: any(e.type == "call_answered" and e.call_id == phone.leg.call_id for e in self.told))
        return phone

    async def speak(self, phone: LoopbackPhone, ms: float) -> None:
        """Say a tone for so long at the pace of a phone, then half a second of nothing."""
        clock = self.engine.clock
        sound = beep(PCMU_8K, ms=ms)
        silence = Audio.silence(PCMU_8K, 800)
        begin, at = clock.monotonic(), 0.0
        for audio in (sound, silence):
            for start in range(0, int(audio.duration_ms), 20):
                await clock.sleep_until(begin + at / 1000)
                phone.speak(audio.slice(start, start + 20))
                at += 20


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    context = ContextConfig("c", opening="wait_for_caller", idle=QUIET)
    config = EngineConfig(
        lines={"loop": LoopbackLine("loop", context="c")},
        backends={"echo": BackendConfig("echo", "echo"), "other": BackendConfig("other", "echo")},
        default_backend="echo",
        contexts={"c": context},
        call_log=CallLogConfig(f"sqlite:///{tmp_path / 'log.db'}"),
    )
    engine = LocalEngine(config, SystemClock(SPEED))
    before = asyncio.all_tasks()
    await engine.start()
    yield House(engine)
    await engine.stop()
    left = [task for task in asyncio.all_tasks() - before - {asyncio.current_task()} if not task.done()]
    assert left == []
