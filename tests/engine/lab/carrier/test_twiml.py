"""TwiML: each verb, and what becomes of documents that are wrong."""

from __future__ import annotations

import asyncio
import io
import wave

import numpy as np
import pytest
from aiohttp import web

from biami_engine.lab.carrier import LabCall, LabCarrier, PhoneLine
from biami_engine.lab.carrier.sounds import key_tones

from .conftest import CALLER, HOUSE, Customer, Talker, sound

OTHER = "+14155550199"


async def ring(carrier: LabCarrier, phone: Talker) -> LabCall:
    call = await carrier.call(CALLER, HOUSE, phone)
    await asyncio.wait_for(call.gone.wait(), 20)
    await asyncio.wait_for(carrier.webhooks.settled(call.sid), 20)
    return call


async def test_say_and_digits_are_heard_in_order(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = '<Response><Say>Hello.</Say><Pause length="1"/><Play digits="1w#"/></Response>'
    call = await ring(carrier, phone := Talker())
    assert phone.line is not None
    heard = bytes(phone.line.ear.recording)
    spoken, keys = sound(330, 440, 60 * len("Hello.")), key_tones("1w#")
    assert 0 <= heard.index(spoken) < heard.index(keys) - 8000
    assert phone.line.ear.keys == "1#"
    assert (call.status, carrier.alerts) == ("completed", [])
    assert customer.posts[0][1]["CallStatus"] == "ringing"
    assert customer.statuses() == ["completed"]


async def test_a_sound_file_is_played(carrier: LabCarrier, customer: Customer) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(16000)
        writer.writeframes(np.full((16000, 2), 8000, "<i2").tobytes())

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=file.getvalue())

    app = web.Application()
    app.router.add_get("/a.wav", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/a.wav"
    customer.twiml["/voice"] = f"<Response><Play>{url}</Play></Response>"
    await ring(carrier, phone := Talker())
    await runner.cleanup()
    assert phone.line is not None
    spell = phone.line.ear.spells[0]
    assert (spell.end or 0) - spell.start == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize(
    ("gather", "keys", "digits"),
    [('numDigits="2"', "123", "12"), ('finishOnKey="#"', "12#3", "12"), ('timeout="2"', "7", "7"), ("", "", None)],
)
async def test_gather(carrier: LabCarrier, customer: Customer, gather: str, keys: str, digits: str | None) -> None:
    verb = f'<Gather action="/keys" {gather}><Say>Which number?</Say></Gather>'
    customer.twiml["/voice"] = f"<Response>{verb}<Hangup/></Response>"
    customer.twiml["/keys"] = "<Response/>"
    phone = KeyPresser(keys)
    await ring(carrier, phone)
    posted = [form["Digits"] for path, form, _ in customer.posts if path == "/keys"]
    assert posted == ([] if digits is None else [digits])


class KeyPresser(Talker):
    def __init__(self, keys: str) -> None:
        super().__init__()
        self.keys = keys

    async def attend(self, line: PhoneLine) -> None:
        self.line = line
        await line.until(lambda: line.ear.sounding)
        line.press(self.keys)


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
async def test_reject_answers_nothing(carrier: LabCarrier, customer: Customer, reason: str, status: str) -> None:
    customer.twiml["/voice"] = f'<Response><Reject reason="{reason}"/></Response>'
    call = await ring(carrier, phone := Talker())
    assert phone.line is not None
    assert call.status == status
    assert call.answered_at is None
    assert not phone.line.answered.is_set()


async def test_redirect_and_hang_up(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Redirect>/next</Redirect><Say>never</Say></Response>"
    customer.twiml["/next"] = "<Response><Hangup/><Say>never</Say></Response>"
    await ring(carrier, phone := Talker())
    assert [path for path, _, _ in customer.posts] == ["/voice", "/next", "/status"]
    assert phone.line is not None
    assert phone.line.ear.spells == []


async def test_dial_connects_two_phones(carrier: LabCarrier, customer: Customer) -> None:
    class Colleague:
        async def attend(self, line: PhoneLine) -> None:
            self.line = line
            line.answer()
            await line.until(lambda: not line.ear.sounding and bool(line.ear.spells))
            line.mouth.say(sound(600, 900, 1000))
            await line.until(lambda: not line.mouth.speaking)
            line.hang_up()

    carrier.phones[OTHER] = colleague = Colleague()
    dial = f'<Dial action="/after" callerId="{HOUSE}"><Number>{OTHER}</Number></Dial>'
    customer.twiml["/voice"] = f"<Response>{dial}</Response>"
    customer.twiml["/after"] = "<Response/>"
    call = await carrier.call(CALLER, HOUSE, phone := Talker())
    assert await call.line.until(lambda: len(carrier.calls) == 2 and call.source is not None, 20)
    assert phone.line is not None
    phone.line.mouth.say(sound(500, 700, 1000))
    await asyncio.wait_for(call.gone.wait(), 20)
    child = next(c for c in carrier.calls.values() if c.direction == "outbound-dial")
    assert (child.parent_sid, child.from_, child.status) == (call.sid, HOUSE, "completed")
    after = next(form for path, form, _ in customer.posts if path == "/after")
    assert after["DialCallStatus"] == "completed"
    assert after["DialCallSid"] == child.sid
    assert len(colleague.line.ear.spells) == 1
    assert len(phone.line.ear.spells) == 1


async def test_dial_that_nobody_answers(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = f'<Response><Dial timeout="3" action="/after">{OTHER}</Dial></Response>'
    customer.twiml["/after"] = "<Response/>"
    await ring(carrier, Talker())
    after = next(form for path, form, _ in customer.posts if path == "/after")
    assert (after["DialCallStatus"], after["DialBridged"]) == ("no-answer", "false")


@pytest.mark.parametrize("status", [500, 429, 404])
async def test_http_errors_are_11200(carrier: LabCarrier, customer: Customer, status: int) -> None:
    customer.twiml["/voice"], customer.status = "<Response/>", status
    await ring(carrier, Talker())
    assert [alert.code for alert in carrier.alerts] == [11200]


async def test_nobody_listening_is_11200(carrier: LabCarrier) -> None:
    carrier.numbers[HOUSE].voice_url = "http://127.0.0.1:9/voice"
    await ring(carrier, Talker())
    assert [alert.code for alert in carrier.alerts] == [11200]


@pytest.mark.parametrize("document", ["", "<Response>", "hello", "<Reply/>", "<Response>&unknown;</Response>"])
async def test_what_is_no_twiml_is_12100(carrier: LabCarrier, customer: Customer, document: str) -> None:
    customer.twiml["/voice"] = document
    await ring(carrier, Talker())
    assert [alert.code for alert in carrier.alerts] == [12100]


async def test_unknown_verbs_and_attributes_are_ignored_and_warned_about(
    carrier: LabCarrier, customer: Customer
) -> None:
    customer.twiml["/voice"] = '<Response><Dance/><Pause lenght="9"/></Response>'
    await ring(carrier, Talker())
    assert [alert.code for alert in carrier.alerts] == [12200, 12200]
