"""A call is legs and a replaceable mind: leg ↔ mind, leg ↔ leg, hold, a replaced stream, a replaced mind."""

from __future__ import annotations

import asyncio

import pytest

from biami_engine.core import events as ev
from biami_engine.core.routes import bridge
from biami_engine.errors import CallRefused, NotFound
from biami_engine.interface import CallRequest, CallStatus, EndReason, Outcome
from biami_engine.transports.loopback import LoopbackPhone
from biami_engine.transports.port import DialRequest


def heard_ms(phone: LoopbackPhone, of: str = "") -> float:
    return sum(heard.audio.duration_ms for heard in phone.heard if of in heard.item_id)


async def test_a_leg_and_a_mind_hear_each_other(house) -> None:
    phone = await house.answered(house.line.call_in())
    await house.speak(phone, 900)
    await house.until(lambda: heard_ms(phone) >= 800)
    phone.hang_up()
    result = await house.engine.wait_for_end(phone.leg.call_id)
    assert result.outcome is Outcome.COMPLETED
    assert result.end_reason is EndReason.CALLER_HANGUP
    assert result.call.status is CallStatus.COMPLETED


async def test_two_legs_hear_each_other_and_no_mind(house) -> None:
    one = await house.answered(house.line.call_in())
    runner = house.engine._calls.active(one.leg.call_id)
    request = DialRequest(one.leg.call_id, f"{one.leg.call_id}-2", "other", "house", 60)
    other = await house.line.dial(request)
    other.phone.pick_up()
    runner.add_leg(other, frozenset())
    runner.receive(ev.RoutesRequested(bridge(one.leg.id, other.id)))
    await house.speak(one, 500)
    await house.until(lambda: heard_ms(other.phone, f"leg:{one.leg.id}") >= 500)
    assert heard_ms(one) == 0
    await house.speak(other.phone, 500)
    await house.until(lambda: heard_ms(one, f"leg:{other.id}") >= 500)
    one.hang_up()
    await house.engine.wait_for_end(one.leg.call_id)
    await house.until(lambda: other.phone.over)


async def test_on_hold_nobody_hears_anybody(house) -> None:
    phone = await house.answered(house.line.call_in())
    runner = house.engine._calls.active(phone.leg.call_id)
    runner.receive(ev.HoldRequested(phone.leg.id, True))
    assert phone.leg.held
    await house.speak(phone, 600)
    assert heard_ms(phone) == 0
    runner.receive(ev.HoldRequested(phone.leg.id, False))
    assert not phone.leg.held
    await house.speak(phone, 600)
    await house.until(lambda: heard_ms(phone) > 0)
    phone.hang_up()
    await house.engine.wait_for_end(phone.leg.call_id)


async def test_words_on_hold_go_on_where_they_stopped(house) -> None:
    phone = await house.answered(house.line.call_in())
    runner = house.engine._calls.active(phone.leg.call_id)
    await house.speak(phone, 2000)
    await house.until(lambda: heard_ms(phone) >= 600)
    runner.receive(ev.HoldRequested(phone.leg.id, True))
    before = heard_ms(phone)
    runner.receive(ev.HoldRequested(phone.leg.id, False))
    await house.until(lambda: heard_ms(phone) >= 1900)
    items = list(dict.fromkeys(heard.item_id for heard in phone.heard))
    assert len(items) == 2
    assert items[1] == f"{items[0]}~1"
    assert before < 1900
    phone.hang_up()
    await house.engine.wait_for_end(phone.leg.call_id)


async def test_a_replaced_stream_keeps_call_and_mind(house) -> None:
    phone = await house.answered(house.line.call_in())
    await house.speak(phone, 1500)
    await house.until(lambda: heard_ms(phone) >= 200)
    phone.leg.emit(ev.StreamReplaced(phone.leg.id))
    await house.until(lambda: heard_ms(phone) >= 1400)
    assert not [event for event in house.told if event.type in ("backend_lost", "call_ended")]
    phone.hang_up()
    await house.engine.wait_for_end(phone.leg.call_id)


async def test_another_mind_takes_over_in_the_middle_of_a_call(house) -> None:
    phone = await house.answered(house.line.call_in())
    runner = house.engine._calls.active(phone.leg.call_id)
    await house.speak(phone, 600)
    await house.until(lambda: heard_ms(phone, "g1:") > 0)
    runner.receive(ev.BackendReplaced("other"))
    await house.speak(phone, 600)
    await house.until(lambda: heard_ms(phone, "g2:") > 0)
    phone.hang_up()
    result = await house.engine.wait_for_end(phone.leg.call_id)
    assert result.outcome is Outcome.COMPLETED


async def test_a_cut_wire_ends_the_call(house) -> None:
    phone = await house.answered(house.line.call_in())
    phone.lose_wire()
    result = await house.engine.wait_for_end(phone.leg.call_id)
    assert result.end_reason is EndReason.CARRIER_ERROR
    assert result.outcome is Outcome.PARTIALLY_COMPLETED


@pytest.mark.parametrize(
    ("cause", "status"), [("busy", CallStatus.BUSY), ("no-answer", CallStatus.NO_ANSWER), ("failed", CallStatus.FAILED)]
)
async def test_a_call_that_nobody_takes(house, cause: str, status: CallStatus) -> None:
    house.line.on_dialled = lambda phone, request: phone.disconnect(cause)
    record = await house.engine.place_call(CallRequest("+12025550123"))
    result = await house.engine.wait_for_end(record.id)
    assert result.call.status is status
    assert result.duration_seconds == 0


async def test_a_placed_call_is_answered_and_hung_up_from_here(house) -> None:
    phones: list[LoopbackPhone] = []
    house.line.on_dialled = lambda phone, request: (phones.append(phone), phone.pick_up())
    record = await house.engine.place_call(CallRequest("+12025550123"))
    await house.answered(phones[0])
    assert await house.engine.wait_for_end(record.id, timeout_seconds=0.1) is None
    await house.engine.hang_up(record.provider_id or "")
    result = await house.engine.wait_for_end(record.id)
    assert result.end_reason is EndReason.OPERATOR
    assert phones[0].over


async def test_the_same_key_dials_once(house) -> None:
    dialled: list[LoopbackPhone] = []
    house.line.on_dialled = lambda phone, request: dialled.append(phone)
    first = await house.engine.place_call(CallRequest("+12025550123", idempotency_key="k"))
    again = await house.engine.place_call(CallRequest("+12025550123", idempotency_key="k"))
    assert first.id == again.id
    assert len(dialled) == 1


async def test_ended_calls_are_still_known_and_unknown_ones_are_not(house) -> None:
    phone = await house.answered(house.line.call_in())
    phone.hang_up()
    await house.engine.wait_for_end(phone.leg.call_id)
    assert (await house.engine.get_call(phone.leg.provider_id)).id == phone.leg.call_id
    assert [record.id for record in await house.engine.list_calls()] == [phone.leg.call_id]
    assert await house.engine.list_calls(active=True) == []
    with pytest.raises(NotFound):
        await house.engine.get_call("call_nobody")
    with pytest.raises(NotFound):
        await house.engine.say("call_nobody", "hello")


async def test_a_house_that_is_full_rejects_and_one_that_closes_takes_nothing(house) -> None:
    phones = [await house.answered(house.line.call_in()) for _ in range(4)]
    fifth = house.line.call_in()
    await house.until(lambda: fifth.rejected is not None)
    with pytest.raises(CallRefused) as refused:
        await house.engine.place_call(CallRequest("+12025550123"))
    assert refused.value.code == "too_many_calls"
    stopping = asyncio.create_task(house.engine.stop())
    await stopping
    assert all(phone.over for phone in phones)
    with pytest.raises(CallRefused):
        await house.engine.place_call(CallRequest("+12025550123"))
