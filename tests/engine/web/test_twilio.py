"""Twilio's routes in the whole application: its gates stand aside, the signature is the only proof."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.config import TwilioLine
from biami_engine.lab.carrier import LabCarrier
from biami_engine.transports.twilio.signature import SIGNATURE_HEADER, compute_signature

TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "1" * 32
OFFICE, SHOP = "+12313993815", "+12313993816"
PUBLIC = "https://voice.example.org"


@pytest.fixture
async def carrier():
    """Knows none of the calls in these tests."""
    carrier = LabCarrier(SystemClock(), ACCOUNT, TOKEN)
    await carrier.start()
    yield carrier
    await carrier.stop()


@pytest.fixture
async def twilio(carrier, serve, config):
    """Two numbers of one account, and an API that needs a token."""
    lines = {
        "office": TwilioLine("office", ACCOUNT, TOKEN, OFFICE, api_url=carrier.url),
        "shop": TwilioLine("shop", ACCOUNT, TOKEN, SHOP, context="sales", api_url=carrier.url),
    }
    settings = replace(config.server, public_url=PUBLIC, api_token="s3cret-token")
    limits = replace(config.limits, requests_per_minute=1)
    return await serve(replace(config, lines=lines, server=settings, limits=limits))


def form_of(to: str = OFFICE, call: str = "7", **more: str) -> dict[str, str]:
    form = {"AccountSid": ACCOUNT, "CallSid": "CA" + call * 32, "From": "+14155550123", "To": to}
    return {**form, "CallStatus": "ringing", "Direction": "inbound", **more}


async def post(server, path: str, form: dict[str, str], url: str = "") -> tuple[int, str]:
    headers = {SIGNATURE_HEADER: compute_signature(TOKEN, url or PUBLIC + path, form.items())}
    async with server.session.post(server.url + path, data=form, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_call_is_answered_with_a_stream_at_the_public_address(twilio):
    status, document = await post(twilio, "/twilio/voice", form_of())
    assert status == 200
    assert f'url="wss://voice.example.org/twilio/media/{twilio.engine.owner}"' in document
    assert 'name="token"' in document


async def test_the_number_that_was_called_chooses_the_line(twilio):
    await post(twilio, "/twilio/voice", form_of(SHOP))
    (record,) = await twilio.engine.list_calls(active=True)
    assert (record.line, record.context, record.to) == ("shop", "sales", SHOP)


async def test_twilio_is_never_answered_429_or_401(twilio):
    for number in range(8):
        status, _ = await post(twilio, "/twilio/voice", form_of(call=str(number)))
        assert status == 200
        status, _ = await post(twilio, "/api/outbound/status-callback", form_of(CallStatus="completed"))
        assert status == 204


async def test_only_the_public_address_is_signed_for(twilio):
    assert (await post(twilio, "/twilio/voice", form_of(), twilio.url + "/twilio/voice"))[0] == 403
    form = form_of()
    headers = {
        SIGNATURE_HEADER: compute_signature(TOKEN, "https://evil.example/twilio/voice", form.items()),
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
    }
    async with twilio.session.post(twilio.url + "/twilio/voice", data=form, headers=headers) as answer:
        assert answer.status == 403


async def test_media_needs_a_signature_before_the_upgrade(twilio):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await twilio.session.ws_connect(twilio.url + "/twilio/media/" + twilio.engine.owner)
    assert refused.value.status == 403
    signed = {SIGNATURE_HEADER: compute_signature(TOKEN, "wss://voice.example.org/twilio/media")}
    async with twilio.session.ws_connect(twilio.url + "/twilio/media", headers=signed) as socket:
        await socket.send_str("garbage")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_stopping_engine_takes_no_calls(twilio):
    twilio.engine.accepting = False
    status, document = await post(twilio, "/twilio/voice", form_of())
    assert status == 200
    assert "<Reject" in document


async def test_without_a_twilio_line_nothing_is_believed(server):
    assert (await post(server, "/twilio/voice", form_of()))[0] == 403
