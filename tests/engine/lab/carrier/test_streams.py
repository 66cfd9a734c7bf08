"""Media streams as Twilio runs them: order and form of its messages, the play-out clock, strictness, faults."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from aiohttp import web

from biami_engine.lab.carrier import LabCarrier

from .conftest import CALLER, HOUSE, Customer, Talker, sound

SPOKEN = sound(500, 700, 400)


def media(sid: str, payload: bytes) -> str:
    body = {"event": "media", "streamSid": sid, "media": {"payload": base64.b64encode(payload).decode()}}
    return json.dumps(body)


def mark(sid: str, name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": sid, "mark": {"name": name}})


async def start_of(socket: web.WebSocketResponse, customer: Customer) -> str:
    await customer.note(await socket.receive_json())
    await customer.note(start := await socket.receive_json())
    return str(start["streamSid"])


async def test_a_stream_from_connected_to_stop(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = customer.connect()
    call = await carrier.call(CALLER, HOUSE, phone := Talker())
    await customer.until(lambda: bool(customer.events("media")))
    assert phone.line is not None
    phone.line.mouth.say(SPOKEN)
    phone.line.press("1w#")
    await customer.until(lambda: len(customer.events("dtmf")) == 2 and len(customer.events("media")) > 30)
    phone.line.hang_up()
    await customer.until(lambda: bool(customer.events("closed")))

    assert customer.heard[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    start = customer.heard[1]
    assert start["start"]["customParameters"] == {"token": "t1"}
    assert start["start"]["callSid"] == call.sid
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert customer.heard[-2]["event"] == "stop"
    numbered = customer.heard[1:-1]
    assert [m["sequenceNumber"] for m in numbered] == [str(n + 1) for n in range(len(numbered))]
    frames = customer.events("media")
    assert [m["media"]["chunk"] for m in frames] == [str(n + 1) for n in range(len(frames))]
    steps = [int(m["media"]["timestamp"]) for m in frames][1:]  # the first is never before the start
    assert {later - earlier for earlier, later in zip(steps, steps[1:], strict=False)} == {20}
    assert [m["dtmf"]["digit"] for m in customer.events("dtmf")] == ["1", "#"]
    sound = b"".join(base64.b64decode(m["media"]["payload"]) for m in frames)
    assert SPOKEN in sound
    await asyncio.wait_for(call.gone.wait(), 10)
    assert call.status == "completed"


async def test_marks_come_back_when_their_audio_was_heard(carrier: LabCarrier, customer: Customer) -> None:
    async def speak(socket: web.WebSocketResponse) -> None:
        sid = await start_of(socket, customer)
        await socket.send_str(mark(sid, "empty"))
        for name in ("a", "b"):
            await socket.send_str(media(sid, SPOKEN))
            await socket.send_str(mark(sid, name))

    customer.twiml["/voice"], customer.on_stream = customer.connect(), speak
    call = await carrier.call(CALLER, HOUSE, phone := Talker())
    await customer.until(lambda: len(customer.events("mark")) == 3)
    assert [m["mark"]["name"] for m in customer.events("mark")] == ["empty", "a", "b"]
    playout = call.streams[0].playout
    empty, first, second = playout.marks
    assert first.returned_at is not None
    assert second.returned_at is not None
    assert empty.returned_at is not None
    assert second.returned_at - first.returned_at == pytest.approx(0.4, abs=0.001)
    assert playout.played_by(lambda name: name) == {"empty": 0, "a": 400, "b": 400}
    assert phone.line is not None
    assert SPOKEN * 2 in bytes(phone.line.ear.recording)


async def test_clear_empties_and_returns_marks_at_once(carrier: LabCarrier, customer: Customer) -> None:
    async def speak_and_clear(socket: web.WebSocketResponse) -> None:
        sid = await start_of(socket, customer)
        await socket.send_str(media(sid, SPOKEN * 20))
        await socket.send_str(mark(sid, "long"))
        while (message := await socket.receive_json())["event"] == "media":
            if message["media"]["timestamp"] >= "800" and len(message["media"]["timestamp"]) > 2:
                break
        await socket.send_json({"event": "clear", "streamSid": sid})

    customer.twiml["/voice"], customer.on_stream = customer.connect(), speak_and_clear
    call = await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: bool(customer.events("mark")))
    playout = call.streams[0].playout
    assert playout.marks[0].cleared
    assert playout.buffered_bytes == 0
    heard = playout.played_by(lambda name: name)["long"]
    assert 100 <= heard <= 7900
    assert heard % 20 == 0


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"\x00\x01", 31950),
        ("{", 31950),
        ("[1]", 31950),
        ('{"event":"media","streamSid":"MZ0","media":{"payload":"//8="}}', 31951),
        ('{"event":"media","streamSid":"SID","media":{"payload":"//8=","track":"outbound"}}', 31951),
        ('{"event":"media","streamSid":"SID","media":{"payload":"//8="},"sequenceNumber":"1"}', 31951),
        ('{"event":"media","streamSid":"SID","media":{"payload":"?"}}', 31951),
        ('{"event":"mark","streamSid":"SID","mark":{}}', 31951),
        ('{"event":"stop","streamSid":"SID"}', 31951),
    ],
)
async def test_bad_messages_are_warned_about_once_and_ignored(
    carrier: LabCarrier, customer: Customer, bad: bytes | str, code: int
) -> None:
    async def misbehave(socket: web.WebSocketResponse) -> None:
        sid = await start_of(socket, customer)
        for _ in range(2):
            if isinstance(bad, bytes):
                await socket.send_bytes(bad)
            else:
                await socket.send_str(bad.replace("SID", sid))
        await socket.send_str(mark(sid, "still here"))

    customer.twiml["/voice"], customer.on_stream = customer.connect(), misbehave
    call = await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: bool(customer.events("mark")))
    assert [alert.code for alert in carrier.alerts] == [code]
    assert call.streams[0].refused == 2
    assert call.streams[0].playout.messages == []


async def test_more_than_ten_minutes_are_dropped(carrier: LabCarrier, customer: Customer) -> None:
    async def flood(socket: web.WebSocketResponse) -> None:
        sid = await start_of(socket, customer)
        for _ in range(11):
            await socket.send_str(media(sid, b"\x80" * 480_000))
        await socket.send_str(mark(sid, "end"))

    customer.twiml["/voice"], customer.on_stream = customer.connect(), flood
    call = await carrier.call(CALLER, HOUSE, Talker())
    assert await call.line.until(lambda: bool(call.streams and call.streams[0].playout.marks), 60)
    assert [alert.code for alert in carrier.alerts] == [31931]
    assert call.streams[0].playout.buffered_bytes <= 600 * 8000


@pytest.mark.parametrize(
    ("twiml", "code"),
    [
        ("<Response><Connect><Stream url='ws://example.org/media'/></Connect></Response>", 31922),
        ("<Response><Connect><Stream url='ftp://127.0.0.1/media'/></Connect></Response>", 31922),
        ("<Response><Connect><Stream url='ws://127.0.0.1/media?token=1'/></Connect></Response>", 31920),
        ("<Response><Connect><Stream track='both_tracks' url='ws://127.0.0.1/m'/></Connect></Response>", 31941),
        ("<Response><Connect><Stream url='ws://127.0.0.1:9/media'/></Connect></Response>", 31920),
        ("<Response><Say>", 12100),
    ],
)
async def test_streams_twilio_would_not_open(carrier: LabCarrier, customer: Customer, twiml: str, code: int) -> None:
    customer.twiml["/voice"] = twiml
    call = await carrier.call(CALLER, HOUSE, Talker())
    await asyncio.wait_for(call.gone.wait(), 10)
    assert [alert.code for alert in carrier.alerts] == [code]
    assert call.status == "completed"


async def test_a_refused_handshake_is_31920(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"], customer.refuse_streams = customer.connect(), True
    call = await carrier.call(CALLER, HOUSE, Talker())
    await asyncio.wait_for(call.gone.wait(), 10)
    assert [alert.code for alert in carrier.alerts] == [31920]
    assert not call.streams[0].started


async def test_a_closing_server_lets_the_twiml_go_on(carrier: LabCarrier, customer: Customer) -> None:
    async def leave(socket: web.WebSocketResponse) -> None:
        await start_of(socket, customer)
        await socket.close()

    customer.twiml["/voice"], customer.on_stream = customer.connect("<Redirect>/after</Redirect>"), leave
    call = await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: any(path == "/after" for path, _, _ in customer.posts))
    await asyncio.wait_for(call.gone.wait(), 10)


async def test_a_cut_socket_sends_no_stop(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = customer.connect()
    call = await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: len(customer.events("media")) > 3)
    stream = call.stream
    assert stream is not None
    stream.cut()
    await customer.until(lambda: bool(customer.events("closed")))
    assert customer.events("stop") == []
    await asyncio.wait_for(call.gone.wait(), 10)


async def test_replay_uses_the_old_parameters(carrier: LabCarrier, customer: Customer) -> None:
    async def count(socket: web.WebSocketResponse) -> None:
        await start_of(socket, customer)
        if len(customer.events("start")) == 2:
            await socket.close(code=1008)

    customer.twiml["/voice"], customer.on_stream = customer.connect(), count
    call = await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: bool(customer.events("media")))
    replayed = await carrier.replay_stream(call.streams[0], call.sid)
    first, second = (m["start"] for m in customer.events("start"))
    assert first["customParameters"] == second["customParameters"]
    assert first["streamSid"] != second["streamSid"]
    assert replayed.close_code == 1008
