"""Calls and live events as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..interface import CallRecord, LiveEvent, TranscriptLine


def call_sid(record: CallRecord) -> str:
    """What the seed's clients send back as `callSid`: the carrier's id, ours where the line has none."""
    return record.provider_id or record.id


def record_json(record: CallRecord) -> dict[str, Any]:
    """A call without its transcript."""
    return {
        "id": record.id,
        "provider_id": record.provider_id,
        "direction": record.direction,
        "line": record.line,
        "context": record.context,
        "status": record.status,
        "from": record.from_,
        "to": record.to,
        "created_at": _iso(record.created_at),
        "answered_at": _iso(record.answered_at),
        "ended_at": _iso(record.ended_at),
        "duration_seconds": record.duration_seconds,
        "answered_by": record.answered_by,
        "outcome": record.outcome,
        "end_reason": record.end_reason,
        "goal": record.goal,
    }


def status_json(record: CallRecord) -> dict[str, Any]:
    """The answer of the seed's routes."""
    return {
        "callSid": call_sid(record),
        "callId": record.id,
        "status": record.status,
        "to": record.to,
        "from": record.from_,
    }


def transcript_json(lines: tuple[TranscriptLine, ...]) -> list[dict[str, Any]]:
    return [
        {"role": line.role, "text": line.text, "at_ms": line.at_ms, "interrupted": line.interrupted} for line in lines
    ]


def event_json(event: LiveEvent) -> dict[str, Any]:
    return {"type": event.type, "call_id": event.call_id, "at": event.at.isoformat(), "data": dict(event.data)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
