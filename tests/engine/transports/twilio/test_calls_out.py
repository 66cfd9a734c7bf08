"""Outgoing calls: an intent before the carrier hears of it, one request that is never repeated, every way to end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.calllog import Store, StoreLedger
from biami_engine.core.events import (
    Answered,
    AnsweredByDetected,
    LegLost,
    Played,
    RemoteHangup,
    Ringing,
    StreamReplaced,
)
from biami_engine.errors import CallRefused, TransportError
from biami_engine.interface import AnsweredBy, Direction, EndReason
from biami_engine.transports.twilio.rest import ResultUnknown

CALLER = "+14155550123"
SECOND = bytes(range(1, 251)) * 32


async def test_dialled_answered_and_hung_up_by_the_other_side(house):
    phone = house.carrier.phones[CALLER] = house.talker()
    heard = await house.dial()
    leg = heard.leg
    assert leg.direction is Direction.OUTBOUND
    await heard.next(Answered)
    await heard.next(Ringing)
    call = house.carrier.calls[leg.provider_id]
    assert call.plan.time_limit_seconds == 600
    assert await house.open_entries() == [leg.id]
    leg.play("item", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: Played(leg.id, "item", 1000.0) in heard.events)
    phone.line.hang_up()
    assert await heard.next(RemoteHangup) == RemoteHangup(leg.id, "completed")
    await house.until_closed()
    assert house.carrier.alerts == []


@pytest.mark.parametrize(("how", "cause"), [("busy", "busy"), ("fail", "failed")])
async def test_a_phone_that_does_not_take_the_call(house, how, cause):
    class Unwilling:
        async def attend(self, line):
            getattr(line, how)()

    house.carrier.phones[CALLER] = Unwilling()
    heard = await house.dial()
    assert await heard.next(RemoteHangup) == RemoteHangup(heard.leg.id, cause)
    assert heard.of(Answered) == []
    await house.until_closed()


async def test_nobody_answers(house):
    house.carrier.phones[CALLER] = house.talker(answers=False)
    heard = await house.dial(ring_seconds=5)
    assert await heard.next(RemoteHangup) == RemoteHangup(heard.leg.id, "no-answer")
    await house.until_closed()


async def test_a_ringing_call_is_cancelled(house):
    house.carrier.phones[CALLER] = house.talker(answers=False)
    heard = await house.dial()
    await heard.next(Ringing)
    heard.leg.hang_up(EndReason.OPERATOR)
    call = house.carrier.calls[heard.leg.provider_id]
    await asyncio.wait_for(call.gone.wait(), 20)
    assert call.status == "canceled"
    await house.until_closed()


async def test_a_stream_that_begins_before_the_carrier_has_answered_the_request(house):
    house.carrier.phones[CALLER] = house.talker()
    house.carrier.faults.hold_create_answer_seconds = 5.0
    heard = await house.dial()
    assert heard.leg.provider_id in house.carrier.calls
    await heard.next(Answered)
    heard.leg.play("item", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: Played(heard.leg.id, "item", 1000.0) in heard.events)


async def test_duplicated_and_shuffled_callbacks_change_nothing(house):
    house.carrier.faults.duplicate_callbacks = 2
    house.carrier.faults.shuffle_callbacks = True
    phone = house.carrier.phones[CALLER] = house.talker()
    heard = await house.dial()
    await heard.next(Answered)
    phone.line.hang_up()
    await heard.until(lambda: heard.over)
    assert heard.of(RemoteHangup) == [RemoteHangup(heard.leg.id, "completed")]
    assert len(heard.of(Ringing)) <= 1
    await house.until_closed()


async def test_keys_are_sent_by_a_new_stream_and_the_words_go_on(house):
    phone = house.carrier.phones[CALLER] = house.talker()
    heard = await house.dial()
    leg = heard.leg
    await heard.next(Answered)
    leg.play("item", Audio(PCMU_8K, SECOND * 2))
    await heard.until(lambda: any(event.ms > 200 for event in heard.of(Played)))
    leg.send_dtmf("1w2#")
    await heard.next(StreamReplaced)
    assert phone.line.ear.keys == "12#"
    await heard.until(lambda: Played(leg.id, "item", 2000.0) in heard.events)
    call = house.carrier.calls[leg.provider_id]
    assert len(call.streams) == 2
    assert heard.of(RemoteHangup) == heard.of(LegLost) == []
    positions = [event.ms for event in heard.of(Played)]
    assert positions == sorted(positions)


async def test_keys_that_are_none_are_refused_and_nothing_happens(house):
    house.carrier.phones[CALLER] = house.talker()
    heard = await house.dial()
    await heard.next(Answered)
    with pytest.raises(TransportError):
        heard.leg.send_dtmf("12; rm")
    assert len(house.carrier.calls[heard.leg.provider_id].streams) == 1


async def test_who_picked_up_is_told(house):
    class Voicemail:
        async def attend(self, line):
            line.answer()
            line.detected("machine_end_beep")

    house.carrier.phones[CALLER] = Voicemail()
    heard = await house.dial(detect_machine=True)
    assert await heard.next(AnsweredByDetected) == AnsweredByDetected(
        heard.leg.id, AnsweredBy.VOICEMAIL, greeting_over=True
    )


async def test_a_number_the_carrier_refuses(house):
    with pytest.raises(TransportError) as refused:
        await house.transport.dial(house.request(from_="+15005550001"))
    assert refused.value.provider_code == 21210
    await house.until_closed()
    assert house.carrier.calls == {}


async def test_no_call_without_its_intent_on_disk(house, tmp_path: Path):
    broken = Store(f"sqlite:///{tmp_path}/no/such/folder/log.db")
    await broken.start()
    house.transport.ledger = StoreLedger(broken, house.clock, "owner1")
    with pytest.raises(CallRefused) as refused:
        await house.transport.dial(house.request())
    assert refused.value.code == "ledger_unavailable"
    assert house.carrier.calls == {}
    assert house.transport.legs == {}
    await broken.close()


async def test_no_call_without_an_address_twilio_can_reach(house):
    house.transport.public_url = ""
    with pytest.raises(CallRefused) as refused:
        await house.transport.dial(house.request())
    assert refused.value.code == "no_public_url"


async def test_a_dial_that_is_given_up_leaves_no_call(house):
    phone = house.carrier.phones[CALLER] = house.talker()
    house.carrier.faults.hold_create_answer_seconds = 4.0
    dialling = asyncio.create_task(house.transport.dial(house.request()))
    await asyncio.wait_for(phone.rang.wait(), 20)
    dialling.cancel()
    await asyncio.gather(dialling, return_exceptions=True)
    (call,) = house.carrier.calls.values()
    await asyncio.wait_for(call.gone.wait(), 20)
    await house.until_closed()


@pytest.fixture
async def swallowing(house):
    """The carrier behind a proxy that takes `POST Calls` there and never brings the answer back."""
    created = []

    async def forward(request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = house.carrier.url + request.path_qs
        async with session.request(request.method, url, data=await request.read(), headers=headers) as answer:
            body = await answer.read()
            if request.method == "POST" and request.path.endswith("/Calls.json"):
                created.append(json.loads(body)["sid"])
                request.transport.abort()
            return web.Response(body=body, status=answer.status, content_type=answer.content_type)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        await house.transport.stop()
        house.line = replace(house.line, api_url=f"http://127.0.0.1:{runner.addresses[0][1]}")
        await house.start_transport()
        yield created
        await house.transport.stop()
    await runner.cleanup()


async def test_an_unknown_result_is_never_tried_again_and_the_call_is_closed(house, swallowing):
    house.carrier.phones[CALLER] = house.talker()
    with pytest.raises(ResultUnknown):
        await house.transport.dial(house.request())
    (call_sid,) = swallowing
    call = house.carrier.calls[call_sid]
    await asyncio.wait_for(call.gone.wait(), 20)
    assert len(house.carrier.calls) == 1
    await house.until_closed()
