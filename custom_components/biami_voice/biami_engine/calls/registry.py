"""The calls an engine knows: those that run, those that ended lately, and the call log behind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from ..calllog import CallRecords, StoreUnavailable
from ..errors import NotFound
from ..interface import CallRecord
from .runner import CallRunner

MAX_REMEMBERED = 500
"""Ended calls and idempotency keys kept in memory."""


class CallRegistry:
    """Looks calls up by engine id or provider id."""

    def __init__(self, records: CallRecords) -> None:
        self._records = records
        self._running: dict[str, CallRunner] = {}
        self._ended: OrderedDict[str, CallRecord] = OrderedDict()
        self._keys: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[CallRunner]:
        return iter(list(self._running.values()))

    def begin(self, runner: CallRunner) -> None:
        self._running[runner.record.id] = runner

    def end(self, runner: CallRunner) -> None:
        """The call is over, or was never dialled."""
        self._running.pop(runner.record.id, None)
        _remember(self._ended, runner.record.id, runner.record)

    def find(self, call_id: str) -> CallRunner | None:
        """The running call of this id."""
        runner = self._running.get(call_id)
        if runner is not None:
            return runner
        return next((one for one in self._running.values() if one.record.provider_id == call_id), None)

    def active(self, call_id: str) -> CallRunner:
        runner = self.find(call_id)
        if runner is None:
            raise NotFound(f"no active call {call_id!r}")
        return runner

    async def get(self, call_id: str) -> CallRecord:
        runner = self.find(call_id)
        if runner is not None:
            return runner.record
        for record in reversed(self._ended.values()):
            if call_id in (record.id, record.provider_id):
                return record
        try:
            stored = await self._records.get(call_id)
        except StoreUnavailable:
            stored = None
        if stored is None:
            raise NotFound(f"no call {call_id!r}")
        return stored

    async def newest(self, limit: int, active: bool | None) -> list[CallRecord]:
        """`active` True: those that run, False: those that ended."""
        running = [runner.record for runner in self._running.values()]
        if active:
            known = {record.id: record for record in running}
        else:
            known = {record.id: record for record in (*await self._stored(limit), *self._ended.values(), *running)}
        wanted = [record for record in known.values() if active is not False or record.ended_at is not None]
        return sorted(wanted, key=lambda record: record.created_at, reverse=True)[:limit]

    def call_of_key(self, key: str | None) -> str | None:
        """The call that an idempotency key began."""
        return None if key is None else self._keys.get(key)

    def remember_key(self, key: str | None, call_id: str) -> None:
        if key is not None:
            _remember(self._keys, key, call_id)

    async def _stored(self, limit: int) -> list[CallRecord]:
        try:
            return [*await self._records.list(limit)]
        except StoreUnavailable:
            return []


def _remember(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
