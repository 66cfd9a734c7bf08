"""A thread of each source's own: one that hangs keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from biami_engine.tools.ports import CalendarError

T = TypeVar("T")

MAX_WAITING = 32
"""Questions to one source at a time; more callers than that are told at once."""


class Worker:
    """Runs one thing after the other, so that what it works on needs no lock."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"calendar {name}")
        self._waiting = 0

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._waiting >= MAX_WAITING:
            raise CalendarError(f"The calendar {self._name} is busy.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """What runs may end; what waits does not begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)
