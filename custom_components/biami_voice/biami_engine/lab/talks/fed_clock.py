"""A clock that moves only as sound is fed: a conversation as fast as the machine, and the same every time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime, timedelta


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FedClock:
    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = 0.0
        self._count = 0
        self._timers: list[tuple[float, int, _Timer]] = []

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> datetime:
        return self._start + timedelta(seconds=self._now)

    async def sleep_until(self, when: float) -> None:
        reached = asyncio.Event()
        self.call_at(when, reached.set)
        await reached.wait()

    def call_at(self, when: float, callback: Callable[[], None]) -> _Timer:
        self._count += 1
        timer = _Timer(callback)
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def advance(self, seconds: float) -> None:
        self._now += seconds
        while self._timers and self._timers[0][0] <= self._now:
            timer = heapq.heappop(self._timers)[2]
            if timer.callback is not None:
                timer.callback()
