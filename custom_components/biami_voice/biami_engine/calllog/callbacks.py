"""Callers who were promised a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ..interface import Callback, CallbackState
from .schema import callbacks
from .store import Store


class CallbackLog:
    """Every write is on disk when it returns; raises `StoreUnavailable` where it cannot be."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, callback: Callback, owner: str) -> None:
        row = {
            "id": callback.id,
            "call_id": callback.call_id,
            "owner": owner,
            "line": callback.line,
            "context": callback.context,
            "number": callback.number,
            "name": callback.name,
            "reason": callback.reason,
            "due": callback.due_at.timestamp(),
            "created": callback.created_at.timestamp(),
            "state": callback.state.value,
        }
        await self._store.write(lambda connection: _insert(connection, row))

    async def waiting(self, until: datetime | None = None, limit: int = 100) -> Sequence[Callback]:
        """Those that are due by `until`, or all, the earliest first."""
        query = select(callbacks).where(callbacks.c.state == CallbackState.WAITING.value)
        if until is not None:
            query = query.where(callbacks.c.due <= until.timestamp())
        query = query.order_by(callbacks.c.due, callbacks.c.id).limit(limit)
        rows = await self._store.read(lambda connection: connection.execute(query).all())
        return [_callback(row) for row in rows]

    async def close(self, callback_id: str, state: CallbackState) -> bool:
        """The first end stays; False where it was not waiting."""
        is_waiting = (callbacks.c.id == callback_id) & (callbacks.c.state == CallbackState.WAITING.value)
        change = update(callbacks).where(is_waiting).values(state=state.value)
        return await self._store.write(lambda connection: connection.execute(change).rowcount > 0)


def _insert(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(callbacks).values(row))


def _callback(row: Row[Any]) -> Callback:
    return Callback(
        id=row.id,
        call_id=row.call_id,
        line=row.line,
        context=row.context,
        number=row.number,
        name=row.name,
        reason=row.reason,
        due_at=datetime.fromtimestamp(row.due, UTC),
        created_at=datetime.fromtimestamp(row.created, UTC),
        state=CallbackState(row.state),
    )
