"""Our REST calls against the lab's strict carrier, with both SDKs we must work with."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from biami_engine.errors import TransportError
from biami_engine.transports.twilio.closing import close_call
from biami_engine.transports.twilio.rest import CallNotInProgress, ResultUnknown, TwilioRest

HOUSE, CALLER = "+12313993815", "+14155550123"
FORM = {"To": CALLER, "From": HOUSE, "Twiml": "<Response><Pause length='60'/></Response>", "TimeLimit": "60"}


@pytest.fixture
async def rest(house):
    rest = TwilioRest(house.line)
    yield rest
    rest.close()


async def test_create_fetch_update_list(house, rest):
    house.carrier.phones[CALLER] = house.talker()
    call = await rest.create_call(FORM)
    assert call.status == "queued"
    assert (await rest.fetch_call(call.sid)).sid == call.sid
    listed = await rest.list_calls(CALLER, HOUSE, house.clock.wall() - timedelta(seconds=60))
    assert [found.sid for found in listed] == [call.sid]
    assert await rest.list_calls(CALLER, HOUSE, house.clock.wall() + timedelta(seconds=60)) == []
    assert await rest.list_calls(HOUSE, CALLER, house.clock.wall() - timedelta(seconds=60)) == []
    assert await close_call(rest, house.clock, call.sid, ringing=True)
    assert house.carrier.calls[call.sid].terminal
    with pytest.raises(CallNotInProgress):
        await rest.update_call(call.sid, {"Status": "completed"})
    assert await close_call(rest, house.clock, call.sid)


async def test_many_calls_come_in_pages(house, rest):
    house.carrier.phones[CALLER] = house.talker(answers=False)
    created = [(await rest.create_call(FORM)).sid for _ in range(53)]
    listed = await rest.list_calls(CALLER, HOUSE, house.clock.wall() - timedelta(seconds=600))
    assert sorted(call.sid for call in listed) == sorted(created)


async def test_a_refusal_has_twilios_code_and_a_plain_sentence(house, rest):
    with pytest.raises(TransportError) as refused:
        await rest.create_call(FORM | {"From": "+15005550001"})
    assert (refused.value.provider_code, refused.value.status) == (21210, 400)
    assert "not verified or not owned" in str(refused.value)
    with pytest.raises(TransportError) as unknown:
        await rest.fetch_call("CA" + "0" * 32)
    assert unknown.value.status == 404
    assert await close_call(rest, house.clock, "CA" + "0" * 32)


async def test_wrong_credentials_are_said_without_them(house):
    rest = TwilioRest(replace(house.line, auth_token="wrong-token"))
    with pytest.raises(TransportError) as refused:
        await rest.create_call(FORM)
    assert refused.value.provider_code == 20003
    assert "wrong-token" not in str(refused.value)
    rest.close()


async def test_nobody_there_is_no_unknown_result(house, unused_tcp_port):
    rest = TwilioRest(replace(house.line, api_url=f"http://127.0.0.1:{unused_tcp_port}"))
    with pytest.raises(TransportError) as refused:
        await rest.create_call(FORM)
    assert not isinstance(refused.value, ResultUnknown)
    rest.close()


async def test_an_answer_that_never_comes_is_an_unknown_result(house):
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    import asyncio

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        rest = TwilioRest(replace(house.line, api_url=f"http://127.0.0.1:{port}"))
        with pytest.raises(ResultUnknown):
            await rest.create_call(FORM)
        rest.close()


async def test_a_simulators_answer_that_is_no_json(house):
    rest = TwilioRest(replace(house.line, api_url=house.carrier.url + "/elsewhere"))
    with pytest.raises(TransportError):
        await rest.fetch_call("CA" + "0" * 32)
    rest.close()


OLD_SDK_SCRIPT = """
import asyncio, sys, twilio
assert twilio.__version__ == "6.32.0", twilio.__version__
from biami_engine.config import TwilioLine
from biami_engine.interface import RejectReason
from biami_engine.transports.twilio import twiml
from biami_engine.transports.twilio.rest import TwilioRest

async def main(url, account, token, to, from_):
    rest = TwilioRest(TwilioLine("office", account, token, from_, api_url=url))
    document = twiml.connect_stream("ws://127.0.0.1:9/twilio/media/o", "t", "1w2")
    form = {"To": to, "From": from_, "Twiml": document, "StatusCallbackEvent": ["ringing", "completed"]}
    call = await rest.create_call(form)
    await rest.update_call(call.sid, {"Status": "canceled"})
    print(call.sid, twiml.reject(RejectReason.BUSY), twiml.apologise("Sorry"))
    rest.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_sdk_that_home_assistant_pins(house, pinned_twilio):
    import asyncio

    house.carrier.phones[CALLER] = house.talker(answers=False)
    arguments = [house.carrier.url, house.carrier.account_sid, house.carrier.auth_token, CALLER, HOUSE]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-c", OLD_SDK_SCRIPT, *arguments],
        env={"PYTHONPATH": str(pinned_twilio), "NO_PROXY": "*"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    call = house.carrier.calls[output.decode().split()[0]]
    assert call.plan.callbacks.events == {"ringing", "completed"}
    await asyncio.wait_for(call.gone.wait(), 20)
    assert call.status == "canceled"
