"""The record of one call, kept from what its session reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..interface import AnsweredBy, CallRecord, CallResult, CallStatus, EndReason, Outcome, Role, TranscriptLine

_UNANSWERED = {
    Outcome.BUSY: CallStatus.BUSY,
    Outcome.NO_ANSWER: CallStatus.NO_ANSWER,
    Outcome.FAILED: CallStatus.FAILED,
}


def after_report(record: CallRecord, type: str, data: Mapping[str, Any], at: datetime) -> CallRecord:
    """The record after a report; unchanged where the report is none of its business."""
    if type == "call_ringing" and record.status is CallStatus.QUEUED:
        return replace(record, status=CallStatus.RINGING)
    if type == "call_answered":
        return replace(record, status=CallStatus.IN_PROGRESS, answered_at=at)
    if type == "answered_by":
        return replace(record, answered_by=AnsweredBy(data["answered_by"]))
    if type == "turn":
        line = TranscriptLine(Role(data["role"]), data["text"], data["at_ms"], data["interrupted"])
        return replace(record, transcript=tuple(sorted((*record.transcript, line), key=lambda turn: turn.at_ms)))
    return record


def after_end(record: CallRecord, outcome: Outcome, reason: EndReason, at: datetime) -> CallRecord:
    """The closed record: an answered call is `completed` whatever ended it (Twilio's words)."""
    unanswered = _UNANSWERED.get(outcome, CallStatus.CANCELED)
    status = CallStatus.COMPLETED if record.answered_at is not None else unanswered
    return replace(record, status=status, outcome=outcome, end_reason=reason, ended_at=at)


def result_of(record: CallRecord) -> CallResult:
    """What who waited for the call gets; only for a call that ended."""
    return CallResult(
        call=record,
        outcome=record.outcome or Outcome.FAILED,
        answered_by=record.answered_by,
        end_reason=record.end_reason,
        transcript=record.transcript,
        duration_seconds=record.duration_seconds,
    )
