"""What strangers, broken proxies and replays send: refused or ignored with one line, and all other calls go on."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import aiohttp
import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.core.events import Answered, CallerAudio, LegLost, Played, RemoteHangup, StreamReplaced
from biami_engine.transports.twilio.signature import SIGNATURE_HEADER, compute_signature

SECOND = bytes(range(1, 251)) * 32
SID = "MZ" + "e" * 32
HOUSE = "+12313993815"


@pytest.fixture
async def talk(house):
    """A running call beside the trouble; what it must still be able to do at the end of every test."""
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    yield call, heard
    heard.leg.play("still here", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: Played(heard.leg.id, "still here", 1000.0) in heard.events)


@pytest.fixture
async def client(house):
    async with aiohttp.ClientSession() as session:
        yield session


def media_url(house) -> str:
    return house.url + "/twilio/media/owner1"


def signed(house, url: str, parameters=()) -> dict[str, str]:
    return {SIGNATURE_HEADER: compute_signature(house.line.auth_token, url, parameters)}


def start(house, token: str = "", call_sid: str = "CA" + "0" * 32, account: str | None = None) -> str:
    inner = {
        "accountSid": account or house.line.account_sid,
        "callSid": call_sid,
        "streamSid": SID,
        "customParameters": {"token": token},
    }
    return json.dumps({"event": "start", "streamSid": SID, "start": inner})


async def open_stream(house, client):
    url = media_url(house)
    return await client.ws_connect(url, headers=signed(house, url.replace("http", "ws", 1)))


async def closed(socket) -> bool:
    async with asyncio.timeout(10):
        while not socket.closed:
            await socket.receive()
    return True


@pytest.mark.parametrize("headers", [{}, {SIGNATURE_HEADER: ""}, {SIGNATURE_HEADER: "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}])
async def test_no_upgrade_without_a_right_signature(house, client, talk, headers, caplog):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(media_url(house), headers=headers)
    assert refused.value.status == 403
    assert sum("without a right Twilio signature" in line for line in caplog.messages) == 1


async def test_the_signature_of_another_host_is_not_ours(house, client, talk):
    headers = signed(house, "wss://evil.example/twilio/media/owner1") | {"Host": "evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(media_url(house), headers=headers)
    assert refused.value.status == 403


async def test_a_stream_of_another_owner_is_sent_away(house, client, talk):
    url = house.url + "/twilio/media/somebody"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(url, headers=signed(house, url.replace("http", "ws", 1)))
    assert refused.value.status == 404


async def test_a_replayed_token_is_refused(house, talk):
    call, heard = talk
    replayed = await house.carrier.replay_stream(call.streams[0], call.sid)
    assert replayed.closed
    assert heard.of(StreamReplaced) == []
    assert not heard.over


async def test_a_token_of_another_call_is_refused_and_stays_good_for_its_own(house, client, talk):
    _, heard = talk
    phone = house.talker(answers=False)
    call, ringing = await house.receive_call(phone)
    document = house.transport.connect_twiml(ringing.leg)
    token = document.partition('value="')[2].partition('"')[0]
    socket = await open_stream(house, client)
    await socket.send_str(start(house, token, heard.leg.provider_id))
    assert await closed(socket)
    assert ringing.of(Answered) == []
    socket = await open_stream(house, client)
    await socket.send_str(start(house, token, call.sid))
    await ringing.next(Answered)
    await socket.close()


@pytest.mark.parametrize(
    "first",
    [
        "garbage",
        "{}",
        json.dumps({"event": "start"}),
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": "AAAA"}}),
        b"\x00\x01",
        "START",
        "FOREIGN",
    ],
)
async def test_a_stream_that_begins_wrong_is_closed(house, client, talk, first, caplog):
    socket = await open_stream(house, client)
    text = {"START": start(house, "no.token"), "FOREIGN": start(house, account="AC" + "9" * 32)}.get(first, first)
    await (socket.send_bytes(text) if isinstance(text, bytes) else socket.send_str(text))
    assert await closed(socket)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1


async def test_a_stream_that_never_says_who_it_is_is_closed(house, client, talk):
    socket = await open_stream(house, client)
    await socket.send_str(json.dumps({"event": "connected", "protocol": "Call"}))
    assert await closed(socket)


async def test_malformed_frames_in_a_call_are_ignored_and_said_once(house, talk, caplog):
    call, heard = talk
    for text in ("garbage", '{"event":"media","media":{"payload":"abc"}}', '{"event":"dtmf","dtmf":{"digit":"?"}}'):
        call.stream.send_raw(text)
    seen = len(heard.of(CallerAudio))
    await heard.next(CallerAudio, seen + 20)
    assert sum("malformed" in line for line in caplog.messages) == 1


async def test_frames_of_a_foreign_stream_are_ignored(house, talk, caplog):
    call, heard = talk
    house.carrier.faults.wrong_stream_sid = True
    await call.line.until(lambda: len(call.line.ear.recording) % 16_000 == 0, 10)
    seen = len(heard.of(CallerAudio))
    await call.line.until(lambda: len(call.line.ear.recording) % 16_000 == 8_000, 10)
    assert len(heard.of(CallerAudio)) <= seen + 5
    house.carrier.faults.wrong_stream_sid = False
    await heard.next(CallerAudio, seen + 20)
    assert sum("foreign streamSid" in line for line in caplog.messages) == 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [(b"binary", "a binary frame closed"), ("x" * 70_000, "a broken frame closed the media stream (Message size")],
    ids=["binary", "oversized"],
)
async def test_a_binary_or_oversized_frame_ends_that_stream_alone(house, talk, caplog, bad, said):
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    call.stream.send_raw(bad)
    await heard.until(lambda: heard.over)
    assert isinstance(heard.events[-1], RemoteHangup | LegLost)
    await asyncio.wait_for(call.gone.wait(), 20)
    assert caplog.text.count(said) == 1


async def test_a_stalled_socket_loses_its_leg_alone(house, talk):
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    call.stream.stall(True)
    for number in range(60):
        heard.leg.play(f"item{number}", Audio(PCMU_8K, SECOND * 9))
    lost = await heard.next(LegLost)
    assert "reads no more" in lost.detail
    await asyncio.wait_for(call.gone.wait(), 20)
    await house.transport.tasks.finish()


# --- webhooks --------------------------------------------------------------------------------------------------------


def voice_form(house, **more: str) -> dict[str, str]:
    return {
        "AccountSid": house.line.account_sid,
        "CallSid": "CA" + "7" * 32,
        "From": "+14155550123",
        "To": HOUSE,
        "CallStatus": "ringing",
        **more,
    }


async def post(house, client, path, form, headers=None):
    url = house.url + path
    async with client.post(url, data=form, headers=headers or signed(house, url, form.items())) as answer:
        return answer.status, await answer.text()


async def test_a_webhook_without_a_right_signature(house, client, talk):
    form = voice_form(house)
    for headers in ({"X": "y"}, {SIGNATURE_HEADER: "wrong"}, signed(house, house.url + "/twilio/voice")):
        assert (await post(house, client, "/twilio/voice", form, headers))[0] == 403
        assert (await post(house, client, "/api/outbound/status-callback", form, headers))[0] == 403
    other = voice_form(house, AccountSid="AC" + "8" * 32)
    assert (await post(house, client, "/twilio/voice", other))[0] == 403
    assert house.incoming.empty()


async def test_a_repeated_webhook_is_one_call_and_one_answer(house, client):
    form = voice_form(house)
    first = asyncio.create_task(post(house, client, "/twilio/voice", form))
    leg = await asyncio.wait_for(house.incoming.get(), 20)
    second = asyncio.create_task(post(house, client, "/twilio/voice", form))
    leg.answer()
    assert await first == await second
    assert "<Stream" in (await first)[1]
    assert house.incoming.empty()


async def test_a_webhook_by_get(house, client):
    from yarl import URL

    url = URL(house.url + "/twilio/voice").with_query(voice_form(house))
    asking = asyncio.create_task(client.get(url, headers=signed(house, str(url))).__aenter__())
    leg = await asyncio.wait_for(house.incoming.get(), 20)
    assert leg.from_ == "+14155550123"
    leg.answer()
    answer = await asking
    assert answer.status == 200
    assert "<Stream" in await answer.text()
    answer.close()


async def test_our_own_failure_is_a_sentence_and_not_an_error(house, client, talk, caplog):
    def explode(leg):
        raise RuntimeError("our fault")

    house.transport.on_incoming = explode
    status, text = await post(house, client, "/twilio/voice", voice_form(house))
    assert status == 200
    assert "<Say" in text
    assert "<Hangup" in text
    assert "our fault" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("form", [{"CallStatus": "exploded"}, {"CallStatus": ""}, {"CallSid": ""}, {}])
async def test_status_callbacks_of_calls_nobody_knows(house, client, talk, form):
    full = voice_form(house, **{"CallSid": "CA" + "6" * 32, "CallStatus": "in-progress", **form})
    for query in ("", "?leg=call_unknown-1"):
        assert (await post(house, client, "/api/outbound/status-callback" + query, full)) == (204, "")
    await house.transport.tasks.finish()


async def test_bodies_beyond_64_kib(house, client, talk):
    url = house.url + "/twilio/voice"
    headers = {SIGNATURE_HEADER: "x"}
    async with client.post(url, data=io.BytesIO(b"a" * 10_000_000), headers=headers) as answer:
        assert answer.status == 413

    async def chunks():
        for _ in range(1000):
            yield b"a" * 10_000

    async with client.post(url, data=chunks(), headers=headers) as answer:
        assert answer.status == 413
    async with client.post(url, data=io.BytesIO(b"a" * 10_000_000)) as answer:
        assert answer.status == 403


async def test_garbage_bodies(house, client, talk):
    url = house.url + "/twilio/voice"
    for body in (b'{"json": true}', b"\xff\xfe%%%", b"&&&=;", b"AccountSid=" + house.line.account_sid.encode()):
        async with client.post(url, data=body, headers={SIGNATURE_HEADER: "x"}) as answer:
            assert answer.status == 403


async def test_a_body_that_dribbles_is_given_up(house, talk):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    head = f"POST /twilio/voice HTTP/1.1\r\nHost: x\r\n{SIGNATURE_HEADER}: x\r\nContent-Length: 1000\r\n\r\nAccountSid="
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readline(), 20)
    assert answer.split()[1] == b"408"
    writer.close()
    await writer.wait_closed()
