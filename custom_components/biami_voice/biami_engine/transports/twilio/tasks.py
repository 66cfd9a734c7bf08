"""Tasks of a line: each has this owner, and none outlives it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ...interface import Clock
from .deadline import within

logger = logging.getLogger(__name__)


class Tasks:
    """`spawn` work that must be finished before the line stops; `linger` what may be dropped then."""

    def __init__(self) -> None:
        self._working: set[asyncio.Task[None]] = set()
        self._lingering: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._own(asyncio.create_task(work), self._working)

    def linger(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._own(asyncio.create_task(work), self._lingering)

    async def finish(self) -> None:
        """Until nothing is being worked on."""
        while self._working:
            await asyncio.wait(self._working)

    async def stop(self, clock: Clock, seconds: float) -> None:
        """Let the work end for so long, then cancel what is left."""
        for task in self._lingering:
            task.cancel()
        try:
            async with within(clock, seconds):
                await self.finish()
        except TimeoutError:
            logger.warning("%d tasks of a Twilio line were cancelled while stopping", len(self._working))
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, *self._lingering, return_exceptions=True)

    def _own(self, task: asyncio.Task[None], group: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        group.add(task)
        task.add_done_callback(group.discard)
        task.add_done_callback(_report_fault)
        return task


def _report_fault(task: asyncio.Task[None]) -> None:
    """Their faults are handled inside; what arrives here is ours."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a task of a Twilio line failed", exc_info=error)
