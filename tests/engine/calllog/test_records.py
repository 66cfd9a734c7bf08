from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from biami_engine.calllog import CallRecords
from biami_engine.interface import (
    AnsweredBy,
    CallRecord,
    CallStatus,
    Direction,
    EndReason,
    Outcome,
    Role,
    TranscriptLine,
)

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
QUEUED = CallRecord(
    id="call_1",
    direction=Direction.OUTBOUND,
    line="office",
    context="sales",
    status=CallStatus.QUEUED,
    from_="+12313993815",
    to="+14155550123",
    created_at=NOW,
)
DONE = replace(
    QUEUED,
    status=CallStatus.COMPLETED,
    provider_id="CA1",
    answered_at=NOW + timedelta(seconds=3),
    ended_at=NOW + timedelta(seconds=40.5),
    answered_by=AnsweredBy.HUMAN,
    outcome=Outcome.COMPLETED,
    end_reason=EndReason.CALLER_HANGUP,
    goal="Ask about the water",
    transcript=(
        TranscriptLine(Role.AGENT, "Grüß Gott", 0, interrupted=True),
        TranscriptLine(Role.CALLER, "'); DROP TABLE calls;--", 900),
    ),
)


@pytest.fixture
def records(store) -> CallRecords:
    return CallRecords(store)


@pytest.mark.parametrize("record", [QUEUED, DONE], ids=["queued", "done"])
async def test_a_record_comes_back_as_it_went(records, record):
    await records.save(record)
    assert await records.get("call_1") == record


async def test_the_newest_state_replaces_the_one_before(records):
    await records.save(QUEUED)
    await records.save(DONE)
    assert await records.list() == [DONE]
    assert await records.get("CA1") == DONE
    assert await records.get("call_2") is None


async def test_newest_first_and_no_more_than_asked_for(records):
    for number in range(5):
        created = NOW + timedelta(seconds=number)
        await records.save(replace(QUEUED, id=f"call_{number}", created_at=created))
    assert [record.id for record in await records.list(2)] == ["call_4", "call_3"]
