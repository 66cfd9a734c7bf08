"""Status callbacks that come twice, late, or in the wrong order."""

from __future__ import annotations

import asyncio

from biami_engine.lab.carrier import LabCarrier

from .conftest import CALLER, HOUSE, Api, Customer, Talker

HELLO = "<Response><Say>Hello.</Say></Response>"


async def run_call(carrier: LabCarrier, customer: Customer, api: Api) -> str:
    carrier.phones[CALLER] = Talker()
    form = [("To", CALLER), ("From", HOUSE), ("Twiml", HELLO), ("StatusCallback", customer.url + "/status")]
    form += [("StatusCallbackEvent", event) for event in ("initiated", "ringing", "answered", "completed")]
    sid = str((await api.post("/Calls.json", form))[1]["sid"])
    await asyncio.wait_for(carrier.calls[sid].gone.wait(), 20)
    await asyncio.wait_for(carrier.webhooks.settled(sid), 20)
    return sid


async def test_duplicates_share_their_idempotency_token(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.faults.duplicate_callbacks = 1
    await run_call(carrier, customer, api)
    expected = ["initiated", "ringing", "in-progress", "completed"]
    assert customer.statuses() == [status for status in expected for _ in range(2)]
    tokens = [delivery.idempotency_token for delivery in carrier.webhooks.deliveries]
    assert tokens[0::2] == tokens[1::2]
    assert len(set(tokens)) == 4


async def test_shuffled_callbacks_keep_their_numbers(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.faults.shuffle_callbacks = True
    await run_call(carrier, customer, api)
    assert customer.statuses() == ["completed", "in-progress", "ringing", "initiated"]
    assert [form["SequenceNumber"] for _, form, _ in customer.posts] == ["3", "2", "1", "0"]


async def test_late_callbacks_come_after_the_end(carrier: LabCarrier, customer: Customer, api: Api) -> None:
    carrier.faults.delay_callbacks_seconds = 5.0
    sid = await run_call(carrier, customer, api)
    assert customer.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    assert carrier.clock.monotonic() - carrier.calls[sid].event_times("completed")[0] > 5.0


async def test_the_answer_to_create_may_come_after_the_stream_began(
    carrier: LabCarrier, customer: Customer, api: Api
) -> None:
    carrier.faults.hold_create_answer_seconds = 4.0
    carrier.phones[CALLER] = Talker()
    creating = asyncio.create_task(api.post("/Calls.json", To=CALLER, From=HOUSE, Twiml=customer.connect()))
    await customer.until(lambda: bool(customer.events("start")))
    assert not creating.done()
    status, call = await creating
    assert (status, call["status"]) == (201, "queued")
