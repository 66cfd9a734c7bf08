from datetime import UTC, datetime, timedelta

import pytest

from biami_engine.calls.record import after_end, after_report, result_of
from biami_engine.interface import CallRecord, CallStatus, Direction, EndReason, Outcome

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def record() -> CallRecord:
    return CallRecord("call_1", Direction.OUTBOUND, "office", "general", CallStatus.QUEUED, "+1", "+2", AT)


def test_the_status_follows_the_call(record: CallRecord) -> None:
    ringing = after_report(record, "call_ringing", {}, AT)
    assert ringing.status is CallStatus.RINGING
    live = after_report(ringing, "call_answered", {}, AT + timedelta(seconds=4))
    assert live.status is CallStatus.IN_PROGRESS
    assert after_report(live, "call_ringing", {}, AT).status is CallStatus.IN_PROGRESS
    over = after_end(live, Outcome.COMPLETED, EndReason.CALLER_HANGUP, AT + timedelta(seconds=34))
    assert (over.status, over.duration_seconds) == (CallStatus.COMPLETED, 30.0)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.BUSY, CallStatus.BUSY),
        (Outcome.NO_ANSWER, CallStatus.NO_ANSWER),
        (Outcome.FAILED, CallStatus.FAILED),
        (Outcome.CANCELLED, CallStatus.CANCELED),
        (Outcome.REJECTED, CallStatus.CANCELED),
    ],
)
def test_a_call_that_was_never_answered_says_so(record: CallRecord, outcome: Outcome, status: CallStatus) -> None:
    over = after_end(record, outcome, EndReason.CALLER_HANGUP, AT)
    assert over.status is status
    assert over.status.terminal
    assert result_of(over).duration_seconds == 0


def test_late_lines_find_their_place_in_the_conversation(record: CallRecord) -> None:
    for at_ms, text in ((900, "second"), (100, "first")):
        data = {"role": "caller", "text": text, "at_ms": at_ms, "interrupted": False}
        record = after_report(record, "turn", data, AT)
    assert [line.text for line in record.transcript] == ["first", "second"]
