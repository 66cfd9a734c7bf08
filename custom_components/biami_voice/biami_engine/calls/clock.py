"""Time for everyone who may not read it: the system's clock, optionally many times faster (the lab)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time times `speed`. Two processes with the same speed agree on durations, not on readings."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._real_zero = time.monotonic()
        self._wall_zero = datetime.now(UTC)

    def monotonic(self) -> float:
        return self._real_zero + (time.monotonic() - self._real_zero) * self.speed

    def wall(self) -> datetime:
        if self.speed == 1.0:
            return datetime.now(UTC)
        return self._wall_zero + timedelta(seconds=self.monotonic() - self._real_zero)

    async def sleep_until(self, when: float) -> None:
        while (delay := (when - self.monotonic()) / self.speed) > 0:
            await asyncio.sleep(delay)

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        return loop.call_later(max(0.0, (when - self.monotonic()) / self.speed), callback)
