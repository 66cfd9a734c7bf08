"""Writes the records of calls as they change: one writer per engine, the latest snapshot of each, in the background.

A database that does not work costs a log line of the store, never a call; what could not be written is tried again with
the call's next change.
"""

from __future__ import annotations

import asyncio

from ..calllog import CallRecords, StoreUnavailable
from ..interface import CallRecord


class Journal:
    def __init__(self, records: CallRecords) -> None:
        self._records = records
        self._dirty: dict[str, CallRecord] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def note(self, record: CallRecord) -> None:
        """The newest snapshot replaces an unwritten older one."""
        self._dirty[record.id] = record
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._dirty = self._dirty, {}
            await asyncio.gather(*(self._save(record) for record in batch.values()))
            if not self._dirty:
                self._idle.set()

    async def flush(self) -> None:
        """Return once everything noted so far was written or refused."""
        await self._idle.wait()

    async def _save(self, record: CallRecord) -> None:
        try:
            await self._records.save(record)
        except StoreUnavailable:
            return
