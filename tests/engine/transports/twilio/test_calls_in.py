"""Incoming calls over real sockets: rung, answered, spoken with, ended; the ledger knows each before it is answered."""

from __future__ import annotations

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.core.events import Answered, CallerAudio, Cleared, Dtmf, LegLost, Played, RemoteHangup, Ringing
from biami_engine.interface import Direction, EndReason, RejectReason

SECOND = bytes(range(1, 251)) * 32
"""8,000 bytes of µ-law that are no silence."""


async def test_a_conversation_from_ring_to_hang_up(house):
    phone = house.talker()
    call, heard = await house.receive_call(phone)
    leg = heard.leg
    assert (leg.direction, leg.from_, leg.to) == (Direction.INBOUND, "+14155550123", "+12313993815")
    assert leg.provider_id == call.sid
    assert await house.open_entries() == [leg.id]
    await heard.next(Ringing)
    leg.answer()
    await heard.next(Answered)

    phone.line.mouth.say(SECOND)
    await heard.until(lambda: SECOND in heard.heard)

    leg.play("item_1", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: Played(leg.id, "item_1", 1000.0) in heard.events)
    assert SECOND in bytes(phone.line.ear.recording)

    phone.line.hang_up()
    assert await heard.next(RemoteHangup) == RemoteHangup(leg.id, "completed")
    await heard.until(lambda: heard.over)
    await house.until_closed()
    assert house.carrier.alerts == []


async def test_caller_audio_keeps_the_wires_text(house):
    _, heard = await house.receive_call()
    heard.leg.answer()
    audio = (await heard.next(CallerAudio)).audio
    assert audio._payload is None
    assert audio.duration_ms == 20.0


async def test_a_clear_stops_the_ear_and_tells_what_was_heard(house):
    phone = house.talker()
    call, heard = await house.receive_call(phone)
    leg = heard.leg
    leg.answer()
    await heard.next(Answered)
    leg.play("a:b", Audio(PCMU_8K, SECOND * 3))
    leg.play("later", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: any(event.ms > 300 for event in heard.of(Played)))
    leg.clear()
    await heard.next(Cleared)
    told = {event.item_id: event.ms for event in heard.of(Played)}
    assert 300 < told["a:b"] < 3000
    assert told["later"] == 0.0
    leg.play("next", Audio(PCMU_8K, SECOND))
    await heard.until(lambda: Played(leg.id, "next", 1000.0) in heard.events)
    stream = call.streams[-1]
    heard_ms = stream.playout.played_by(lambda name: name.split(":", 1)[1].rsplit(":", 1)[0])
    assert abs(heard_ms["a:b"] - told["a:b"]) < 200
    assert heard_ms["next"] == 1000.0
    assert stream.refused == 0


async def test_keys_of_the_caller(house):
    phone = house.talker()
    _, heard = await house.receive_call(phone)
    heard.leg.answer()
    await heard.next(Answered)
    phone.line.press("1#")
    await heard.next(Dtmf, 2)
    assert [event.digit for event in heard.of(Dtmf)] == ["1", "#"]


async def test_hang_up_of_ours_ends_the_call_at_the_carrier(house):
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    heard.leg.hang_up(EndReason.AGENT_HANGUP)
    assert await heard.next(RemoteHangup) == RemoteHangup(heard.leg.id, "completed")
    await call.gone.wait()
    assert call.status == "completed"
    await house.until_closed()


async def test_a_rejected_call_is_never_answered(house):
    call, heard = await house.receive_call()
    heard.leg.reject(RejectReason.BUSY)
    await call.gone.wait()
    assert call.status == "busy"
    assert call.answered_at is None
    assert heard.of(Answered) == []
    await house.until_closed()


async def test_a_caller_who_gives_up_while_it_rings(house):
    phone = house.talker()
    _, heard = await house.receive_call(phone)
    phone.line.hang_up()
    assert (await heard.next(RemoteHangup)).cause in ("no-answer", "canceled", "completed")
    await house.until_closed()


async def test_a_call_that_nobody_decides_about_hears_a_sentence(house):
    call, heard = await house.receive_call()
    lost = await heard.next(LegLost)
    assert "decided" in lost.detail
    await call.gone.wait()
    assert call.answered_at is not None
    await house.until_closed()


async def test_a_cut_wire_ends_the_leg_and_other_calls_go_on(house):
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    other_phone = house.talker()
    _, other = await house.receive_call(other_phone)
    other.leg.answer()
    await other.next(Answered)
    call.stream.cut()
    await heard.until(lambda: heard.over)
    assert isinstance(heard.events[-1], RemoteHangup | LegLost)
    await call.gone.wait()
    other.leg.play("item", Audio(PCMU_8K, SECOND))
    await other.until(lambda: Played(other.leg.id, "item", 1000.0) in other.events)


async def test_on_hold_neither_side_hears_the_other(house):
    phone = house.talker()
    _, heard = await house.receive_call(phone)
    leg = heard.leg
    leg.answer()
    await heard.next(Answered)
    leg.play("item", Audio(PCMU_8K, SECOND * 2))
    await heard.until(lambda: any(event.ms > 200 for event in heard.of(Played)))
    leg.hold(True)
    before = len(heard.of(CallerAudio))
    frames = len(phone.line.ear.recording)
    await phone.line.until(lambda: len(phone.line.ear.recording) > frames + 8000)
    assert len(heard.of(CallerAudio)) <= before + 1
    leg.hold(False)
    await heard.until(lambda: Played(leg.id, "item", 2000.0) in heard.events)
    await heard.next(CallerAudio, before + 2)


async def test_the_line_hangs_up_what_is_left_when_it_stops(house):
    call, heard = await house.receive_call()
    heard.leg.answer()
    await heard.next(Answered)
    await house.transport.stop()
    assert call.status == "completed"
    assert await house.open_entries() == []
