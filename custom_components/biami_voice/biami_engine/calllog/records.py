"""The calls themselves, so that the list of calls survives a restart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from ..interface import (
    AnsweredBy,
    CallRecord,
    CallStatus,
    Direction,
    EndReason,
    Outcome,
    Role,
    TranscriptLine,
)
from .schema import calls
from .store import Store


class CallRecords:
    """Writes raise `StoreUnavailable` where the database is gone; a call must not depend on them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, record: CallRecord) -> None:
        """Insert or replace."""
        row = _row(record)

        def replace(connection: Connection) -> None:
            connection.execute(delete(calls).where(calls.c.id == record.id))
            connection.execute(insert(calls).values(row))

        await self._store.write(replace)

    async def get(self, call_id: str) -> CallRecord | None:
        """By engine id or provider id."""
        query = select(calls).where(or_(calls.c.id == call_id, calls.c.provider_id == call_id)).limit(1)
        row = await self._store.read(lambda connection: connection.execute(query).first())
        return None if row is None else _record(row)

    async def list(self, limit: int = 50) -> Sequence[CallRecord]:
        """Newest first."""
        query = select(calls).order_by(calls.c.created.desc(), calls.c.id).limit(limit)
        rows = await self._store.read(lambda connection: connection.execute(query).all())
        return [_record(row) for row in rows]


def _row(record: CallRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "provider_id": record.provider_id,
        "direction": record.direction.value,
        "line": record.line,
        "context": record.context,
        "from_": record.from_,
        "to": record.to,
        "status": record.status.value,
        "answered_by": record.answered_by.value,
        "outcome": record.outcome and record.outcome.value,
        "end_reason": record.end_reason and record.end_reason.value,
        "goal": record.goal,
        "created": record.created_at.timestamp(),
        "answered": record.answered_at and record.answered_at.timestamp(),
        "ended": record.ended_at and record.ended_at.timestamp(),
        "transcript": json.dumps(
            [
                {"role": line.role.value, "text": line.text, "at_ms": line.at_ms, "interrupted": line.interrupted}
                for line in record.transcript
            ]
        ),
    }


def _record(row: Row[Any]) -> CallRecord:
    return CallRecord(
        id=row.id,
        provider_id=row.provider_id,
        direction=Direction(row.direction),
        line=row.line,
        context=row.context,
        from_=row.from_,
        to=row.to,
        status=CallStatus(row.status),
        answered_by=AnsweredBy(row.answered_by),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        end_reason=None if row.end_reason is None else EndReason(row.end_reason),
        goal=row.goal,
        created_at=datetime.fromtimestamp(row.created, UTC),
        answered_at=_time(row.answered),
        ended_at=_time(row.ended),
        transcript=tuple(
            TranscriptLine(Role(line["role"]), line["text"], line["at_ms"], line["interrupted"])
            for line in json.loads(row.transcript)
        ),
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
