from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from biami_engine.calllog import LEASE_SECONDS, StoreLedger, load_identity
from biami_engine.interface import Direction, LedgerEntry

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class ManualClock:
    def __init__(self) -> None:
        self.now = NOW

    def wall(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def entry(leg_id: str, provider_id: str | None = None, line: str = "office") -> LedgerEntry:
    return LedgerEntry(
        leg_id, "call_1", line, "AC1", Direction.OUTBOUND, "+12313993815", "+14155550123", NOW, provider_id
    )


async def open_ids(ledger: StoreLedger, line: str = "office") -> list[str]:
    return [found.leg_id for found in await ledger.open_entries(line)]


async def test_from_intent_to_end(store, clock):
    ledger = StoreLedger(store, clock, "me")
    await ledger.record_intent(entry("leg-1"))
    (found,) = await ledger.open_entries("office")
    assert found.this_life
    assert (found.provider_id, found.created_at, found.to) == (None, NOW, "+14155550123")
    assert await open_ids(ledger, "other") == []
    await ledger.record_leg("leg-1", "CA1")
    assert await ledger.knows("CA1")
    assert not await ledger.knows("CA2")
    assert (await ledger.open_entries("office"))[0].provider_id == "CA1"
    await ledger.record_end("leg-1")
    assert await open_ids(ledger) == []
    assert await ledger.knows("CA1")


async def test_the_next_life_of_the_same_owner_has_its_legs_at_once(store, clock):
    await StoreLedger(store, clock, "me").record_intent(entry("leg-1"))
    (found,) = await StoreLedger(store, clock, "me").open_entries("office")
    assert not found.this_life


async def test_another_owner_waits_for_the_lease(store, clock):
    mine, other = StoreLedger(store, clock, "me"), StoreLedger(store, clock, "other")
    await mine.record_intent(entry("leg-1"))
    assert await open_ids(other) == []
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    await mine.renew()
    clock.now += timedelta(seconds=LEASE_SECONDS - 1)
    assert await open_ids(other) == []
    clock.now += timedelta(seconds=2)
    assert await open_ids(other) == ["leg-1"]


async def test_an_intent_is_written_once(store, clock):
    ledger = StoreLedger(store, clock, "me")
    await ledger.record_intent(entry("leg-1"))
    with pytest.raises(Exception, match="UNIQUE"):
        await ledger.record_intent(entry("leg-1"))


async def test_the_identity_outlives_the_process_and_a_name_tells_daemons_apart(store):
    first, again, named = await load_identity(store), await load_identity(store), await load_identity(store, "second")
    assert first == again
    assert len(first.token_key) == 32
    assert named.owner != first.owner
    assert named.token_key == first.token_key
    assert "token_key" not in repr(first)
