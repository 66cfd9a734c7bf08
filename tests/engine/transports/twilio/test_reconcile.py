"""After a crash: what the ledger knows is closed at the carrier, what it does not know is never touched."""

from __future__ import annotations

import asyncio

from biami_engine.calllog import StoreLedger
from biami_engine.core.events import Answered
from biami_engine.interface import Direction, LedgerEntry

HOUSE, CALLER, OTHER = "+12313993815", "+14155550123", "+14155550199"
DOCUMENT = "<Response><Pause length='600'/></Response>"


async def foreign_call(house, to: str = CALLER):
    """Another application of the same account calls somebody."""
    house.carrier.phones[to] = phone = house.talker()
    created = await house.transport.rest.create_call({"To": to, "From": HOUSE, "Twiml": DOCUMENT, "TimeLimit": "600"})
    await asyncio.wait_for(phone.rang.wait(), 20)
    return house.carrier.calls[created.sid]


def entry(house, leg_id: str, call=None, to: str = CALLER) -> LedgerEntry:
    return LedgerEntry(
        leg_id=leg_id,
        call_id=leg_id.removesuffix("-1"),
        line="office",
        account=house.line.account_sid,
        direction=Direction.OUTBOUND,
        from_=HOUSE,
        to=to,
        created_at=house.clock.wall(),
        provider_id=call and call.sid,
    )


async def restart(house) -> None:
    """A new life over the same database; the old transport is simply forgotten."""
    old = house.transport
    house.services.ledger = house.ledger = StoreLedger(house.store, house.clock, house.ledger.owner)
    await house.start_transport()
    old.rest.close()


async def ended(call) -> bool:
    await asyncio.wait_for(call.gone.wait(), 20)
    return call.terminal


async def test_a_leg_with_its_call_sid_is_closed_and_a_foreign_call_is_not(house):
    ours, foreign = await foreign_call(house), await foreign_call(house, OTHER)
    await house.ledger.record_intent(entry(house, "call_1-1", ours))
    await restart(house)
    assert await ended(ours)
    assert not foreign.terminal
    assert await house.open_entries() == []


async def test_an_intent_without_a_call_sid_touches_no_call(house):
    """Even a single call of the same pair of numbers may be another application's."""
    await house.ledger.record_intent(entry(house, "call_1-1"))
    foreign = await foreign_call(house)
    await restart(house)
    assert not foreign.terminal
    assert await house.open_entries() == ["call_1-1"]


async def test_a_late_callback_names_the_leg_and_closes_its_call(house):
    """Unknown at the start; then Twilio itself says which call belongs to the leg."""
    await house.ledger.record_intent(entry(house, "call_1-1"))
    foreign = await foreign_call(house)
    phone = house.carrier.phones[CALLER] = house.talker(answers=False)
    callback = house.url + "/api/outbound/status-callback?leg=call_1-1"
    form = {
        "To": CALLER,
        "From": HOUSE,
        "Twiml": DOCUMENT,
        "StatusCallback": callback,
        "StatusCallbackEvent": "answered",
    }
    ours = house.carrier.calls[(await house.transport.rest.create_call(form)).sid]
    await asyncio.wait_for(phone.rang.wait(), 20)
    await restart(house)
    assert await house.open_entries() == ["call_1-1"]
    phone.line.answer()
    assert await ended(ours)
    assert not foreign.terminal
    await house.until_closed()


async def test_a_stream_of_a_leg_that_is_gone_is_refused_and_its_call_closed(house):
    house.carrier.phones[CALLER] = phone = house.talker(answers=False)
    await house.dial()
    await asyncio.wait_for(phone.rang.wait(), 20)
    (ours,) = house.carrier.calls.values()
    house.transport.legs.clear()
    phone.line.answer()
    assert await ended(ours)
    await house.until_closed()


async def test_calls_of_this_life_go_on_when_the_line_starts_again(house):
    """A reload of the configuration replaces the transport; the old one keeps its calls."""
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    old = house.transport
    house.retired.append(old)
    await house.start_transport()
    assert not call.terminal
    assert await house.open_entries() == [heard.leg.id]
    await old.stop()
    assert call.terminal


async def test_nothing_is_left_open_by_an_ended_call(house):
    call, _ = await house.receive_call()
    call.line.hang_up()
    assert await ended(call)
    await restart(house)
    assert await house.open_entries() == []
