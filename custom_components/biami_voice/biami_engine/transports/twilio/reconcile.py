"""Legs that a former life of this process left open at the carrier: find them by the ledger, close them, write it down.

Only what is certainly ours is touched. Of an intent without a CallSid nothing at the carrier tells which call it
became, if any: another application may call the same number at the same moment. It is left to the carrier's own proof,
a status callback that names the leg or a stream with its token (`close_stray`), or to the time it may ring.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ...errors import BiamiError, TransportError
from ...interface import CallStatus, Clock, LedgerEntry
from ..port import Ledger
from .closing import close_call
from .rest import TwilioRest
from .status import read_status

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
FORGET_SECONDS = 3600
"""On top of the time limit: an intent that no callback claimed by then has no call any more."""


class Reconciler:
    def __init__(self, line: str, rest: TwilioRest, ledger: Ledger, clock: Clock, max_call_seconds: int) -> None:
        self.line = line
        self.rest = rest
        self.ledger = ledger
        self.clock = clock
        self.max_call_seconds = max_call_seconds
        self._busy: set[str] = set()

    async def close_former(self) -> list[LedgerEntry]:
        """Look once at every entry that a former process left open; returns those that are not over yet.

        After a reload of the configuration this process itself has open legs on the line: they go on."""
        try:
            entries = [entry for entry in await self.ledger.open_entries(self.line) if not entry.this_life]
        except BiamiError as error:
            logger.error("line %s: legs of a former run cannot be looked up: %s", self.line, error)
            return []
        return await self._settle_all(entries)

    async def keep_closing(self, entries: list[LedgerEntry]) -> None:
        """Look again until the last one is over."""
        while entries:
            await self.clock.sleep_until(self.clock.monotonic() + AGAIN_SECONDS)
            entries = await self._settle_all(entries)

    async def close_stray(self, leg_id: str, call_sid: str, status: CallStatus) -> None:
        """The carrier speaks of a call that no leg here stands for: close it if the ledger says that it is ours."""
        if leg_id in self._busy:
            return
        with self.busy_with(leg_id):
            try:
                entry = await self._find_entry(leg_id, call_sid)
                if entry is not None and entry.provider_id is None:
                    await self.ledger.record_leg(entry.leg_id, call_sid)
                if entry is not None and status.terminal:
                    await self.ledger.record_end(entry.leg_id)
                elif entry is not None:
                    await self.settle(replace(entry, provider_id=call_sid))
            except BiamiError as error:
                logger.warning("call %s of a former run could not be closed: %s", call_sid, error)

    @contextmanager
    def busy_with(self, leg_id: str) -> Iterator[None]:
        """Somebody is closing this leg: a callback that speaks of it is no stray."""
        self._busy.add(leg_id)
        try:
            yield
        finally:
            self._busy.discard(leg_id)

    async def settle(self, entry: LedgerEntry) -> bool:
        """True where the entry is over now; False where it must be looked at again. Raises `TransportError`."""
        call_sid = entry.provider_id
        if call_sid is None:
            return await self._settle_intent(entry)
        if not await self._is_over(call_sid):
            logger.warning("%s: closing call %s, left open by a former run", entry.call_id, call_sid)
            if not await close_call(self.rest, self.clock, call_sid):
                return False
        await self.ledger.record_end(entry.leg_id)
        return True

    async def _settle_all(self, entries: list[LedgerEntry]) -> list[LedgerEntry]:
        settled = await asyncio.gather(*(self._try_to_settle(entry) for entry in entries))
        return [entry for entry, over in zip(entries, settled, strict=True) if not over]

    async def _try_to_settle(self, entry: LedgerEntry) -> bool:
        try:
            with self.busy_with(entry.leg_id):
                return await self.settle(entry)
        except BiamiError as error:
            logger.warning("%s: a leg of a former run could not be closed yet: %s", entry.call_id, error)
            return False

    async def _find_entry(self, leg_id: str, call_sid: str) -> LedgerEntry | None:
        entries = await self.ledger.open_entries(self.line)
        return next((entry for entry in entries if leg_id == entry.leg_id or call_sid == entry.provider_id), None)

    async def _is_over(self, call_sid: str) -> bool:
        try:
            status = read_status((await self.rest.fetch_call(call_sid)).status)
        except TransportError as error:
            if error.status == 404:
                return True
            raise
        return status is not None and status.terminal

    async def _settle_intent(self, entry: LedgerEntry) -> bool:
        """No call is known to be its own: forgotten once its time limit has ended whatever there was."""
        age = (self.clock.wall() - entry.created_at).total_seconds()
        if age < self.max_call_seconds + FORGET_SECONDS:
            return False
        await self.ledger.record_end(entry.leg_id)
        return True
