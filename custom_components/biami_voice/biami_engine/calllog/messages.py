"""Messages that callers left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from ..interface import Message, Urgency
from .schema import messages
from .store import Store


class MessageLog:
    """Every write is on disk when it returns; raises `StoreUnavailable` where it cannot be."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, message: Message) -> None:
        row = {
            "id": message.id,
            "call_id": message.call_id,
            "name": message.name,
            "number": message.number,
            "text": message.text,
            "urgency": message.urgency.value,
            "taken": message.taken_at.timestamp(),
        }
        await self._store.write(lambda connection: _insert(connection, row))

    async def list(self, limit: int = 50) -> Sequence[Message]:
        """Newest first."""
        query = select(messages).order_by(messages.c.taken.desc(), messages.c.id).limit(limit)
        rows = await self._store.read(lambda connection: connection.execute(query).all())
        return [_message(row) for row in rows]

    async def delete(self, message_id: str) -> bool:
        """False where there is none."""
        change = delete(messages).where(messages.c.id == message_id)
        return await self._store.write(lambda connection: connection.execute(change).rowcount > 0)


def _insert(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(messages).values(row))


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        call_id=row.call_id,
        name=row.name,
        number=row.number,
        text=row.text,
        urgency=Urgency(row.urgency),
        taken_at=datetime.fromtimestamp(row.taken, UTC),
    )
