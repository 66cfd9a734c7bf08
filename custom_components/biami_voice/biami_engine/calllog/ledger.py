"""The ledger: which legs at a carrier are ours, durably. Fulfils `transports.port.Ledger`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, insert, or_, select, update

from ..interface import Clock, Direction, LedgerEntry
from .schema import ledger
from .store import Store

LEASE_SECONDS = 90.0
RENEW_SECONDS = 30.0
"""The engine renews this often; a lease that ran out lets another process close the leg."""


class StoreLedger:
    """Every write is on disk when it returns; raises `StoreUnavailable` where it cannot be."""

    def __init__(self, store: Store, clock: Clock, owner: str) -> None:
        self._store = store
        self._clock = clock
        self.owner = owner
        self._open: set[str] = set()
        """Legs of this process that have no end yet."""

    async def record_intent(self, entry: LedgerEntry) -> None:
        row = {
            "leg_id": entry.leg_id,
            "call_id": entry.call_id,
            "owner": self.owner,
            "lease_until": self._lease_until(),
            "line": entry.line,
            "account": entry.account,
            "provider_id": entry.provider_id,
            "direction": entry.direction.value,
            "from_": entry.from_,
            "to": entry.to,
            "created": entry.created_at.timestamp(),
        }
        self._open.add(entry.leg_id)
        try:
            await self._store.write(lambda connection: _execute(connection, insert(ledger).values(row)))
        except BaseException:
            self._open.discard(entry.leg_id)
            raise

    async def record_leg(self, leg_id: str, provider_id: str) -> None:
        change = update(ledger).where(ledger.c.leg_id == leg_id).values(provider_id=provider_id)
        await self._store.write(lambda connection: _execute(connection, change))

    async def record_end(self, leg_id: str) -> None:
        """The first end stays."""
        self._open.discard(leg_id)
        is_open = and_(ledger.c.leg_id == leg_id, ledger.c.ended.is_(None))
        change = update(ledger).where(is_open).values(ended=self._clock.wall().timestamp())
        await self._store.write(lambda connection: _execute(connection, change))

    async def open_entries(self, line: str) -> Sequence[LedgerEntry]:
        now = self._clock.wall().timestamp()
        ours = or_(ledger.c.owner == self.owner, ledger.c.lease_until < now)
        query = select(ledger).where(ledger.c.line == line, ledger.c.ended.is_(None), ours).order_by(ledger.c.created)
        rows = await self._store.read(lambda connection: connection.execute(query).all())
        return [_entry(row, row.leg_id in self._open) for row in rows]

    async def knows(self, provider_id: str) -> bool:
        query = select(ledger.c.leg_id).where(ledger.c.provider_id == provider_id).limit(1)
        return await self._store.read(lambda connection: connection.execute(query).first() is not None)

    async def renew(self) -> None:
        """Every `RENEW_SECONDS`, by the engine: this owner still lives."""
        ours = and_(ledger.c.owner == self.owner, ledger.c.ended.is_(None))
        change = update(ledger).where(ours).values(lease_until=self._lease_until())
        await self._store.write(lambda connection: _execute(connection, change))

    def _lease_until(self) -> float:
        return (self._clock.wall() + timedelta(seconds=LEASE_SECONDS)).timestamp()


def _execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


def _entry(row: Row[Any], this_life: bool) -> LedgerEntry:
    return LedgerEntry(
        leg_id=row.leg_id,
        call_id=row.call_id,
        line=row.line,
        account=row.account,
        direction=Direction(row.direction),
        from_=row.from_,
        to=row.to,
        created_at=datetime.fromtimestamp(row.created, UTC),
        provider_id=row.provider_id,
        this_life=this_life,
    )
