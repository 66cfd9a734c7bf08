import asyncio

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio
from biami_engine.core.events import CallerAudio, Cleared, CommitRequested, Dtmf, Played, RemoteHangup
from biami_engine.errors import TransportError
from biami_engine.interface import RejectReason
from biami_engine.transports.browser.leg import MAX_CLEAR_SECONDS

from .conftest import PATIENCE_SECONDS, Line, Page

FRAME = bytes(range(96)) * 10


async def sound_of(page: Page, size: int) -> tuple[bytes, list[dict[str, object]]]:
    """Binary frames until `size` bytes came, and the messages between them."""
    sound, messages = b"", []
    while len(sound) < size:
        heard = await page.hear()
        if isinstance(heard, bytes):
            sound += heard
        else:
            messages.append(heard)
    return sound, messages


async def test_the_page_chooses_the_context(line: Line) -> None:
    _, leg, _ = await line.call("sales")
    assert leg.context == "sales"
    _, leg, _ = await line.call()
    assert leg.context is None


async def test_what_the_page_says_is_heard_untouched(line: Line) -> None:
    page, leg, events = await line.call()
    await page.socket.send_bytes(FRAME)
    heard = await events.next()
    assert isinstance(heard, CallerAudio)
    assert (heard.audio.format, heard.audio.payload, heard.audio.duration_ms) == (PCM16_24K, FRAME, 20)


async def test_before_the_answer_and_on_hold_nobody_hears_the_page(line: Line) -> None:
    page = await line.open()
    await page.say(type="start")
    leg = await asyncio.wait_for(line.legs.get(), PATIENCE_SECONDS)
    await page.socket.send_bytes(FRAME)
    leg.answer()
    leg.hold(True)
    await page.socket.send_bytes(FRAME)
    await page.say(type="dtmf", digit="5")
    await page.say(type="hang_up")
    async with asyncio.timeout(PATIENCE_SECONDS):
        kinds = [type(event) async for event in leg.events()]
    assert CallerAudio not in kinds
    assert kinds[-2:] == [Dtmf, RemoteHangup]


async def test_keys_and_push_to_talk(line: Line) -> None:
    page, leg, events = await line.call()
    await page.say(type="dtmf", digit="#")
    await page.say(type="commit")
    assert [await events.next(), await events.next()] == [Dtmf(leg.id, "#"), CommitRequested()]


async def test_sound_comes_whole_in_order_and_paced(line: Line) -> None:
    page, leg, events = await line.call()
    whole = bytes(index % 251 for index in range(48 * 500))
    leg.play("a", Audio(PCM16_24K, whole))
    head, messages = await sound_of(page, 48 * 200)
    assert messages == [{"type": "item", "item_id": "a", "epoch": 0}]
    assert len(head) == 48 * 200
    tail, messages = await sound_of(page, len(whole) - len(head))
    assert messages == []
    assert head + tail == whole


async def test_played_is_what_the_page_counts_within_what_was_sent(line: Line) -> None:
    page, leg, events = await line.call()
    leg.play("a", Audio.silence(PCM16_24K, 100))
    await page.say(type="played", item_id="a", ms=40, epoch=0)
    await page.say(type="played", item_id="a", ms=30, epoch=0)
    await page.say(type="played", item_id="nothing", ms=30, epoch=0)
    await page.say(type="played", item_id="a", ms=9999, epoch=0)
    assert [await events.next(), await events.next()] == [Played(leg.id, "a", 40), Played(leg.id, "a", 100)]


async def test_after_a_clear_no_byte_of_the_item_and_a_final_position(line: Line) -> None:
    page, leg, events = await line.call()
    leg.play("a", Audio.silence(PCM16_24K, 3000))
    await sound_of(page, 48 * 200)
    leg.clear()
    leg.play("b", Audio(PCM16_24K, FRAME))
    heard = await page.hear()
    while isinstance(heard, bytes):
        heard = await page.hear()
    assert heard == {"type": "clear", "epoch": 0}
    assert await page.hear() == {"type": "item", "item_id": "b", "epoch": 1}
    assert await page.hear() == FRAME
    await page.say(type="played", item_id="a", ms=150, epoch=0)
    await page.say(type="cleared", epoch=0)
    await page.say(type="played", item_id="a", ms=190, epoch=0)
    await page.say(type="played", item_id="b", ms=20, epoch=1)
    played = [await events.next() for _ in range(3)]
    assert played == [Played(leg.id, "a", 150), Cleared(leg.id), Played(leg.id, "b", 20)]


async def test_a_page_that_does_not_answer_a_clear_is_not_waited_for(line: Line) -> None:
    _, leg, events = await line.call()
    leg.play("a", Audio.silence(PCM16_24K, 100))
    leg.clear()
    assert MAX_CLEAR_SECONDS < PATIENCE_SECONDS
    assert await events.next() == Cleared(leg.id)


async def test_what_the_leg_cannot_do_is_refused(line: Line) -> None:
    _, leg, _ = await line.call()
    with pytest.raises(TransportError):
        leg.send_dtmf("1")
    with pytest.raises(TransportError):
        leg.transfer("+15555551234")
    with pytest.raises(ValueError, match="takes"):
        leg.play("a", Audio(PCMU_8K, b"\xff"))


async def test_a_rejected_page_is_told_so(line: Line) -> None:
    page = await line.open()
    await page.say(type="start")
    leg = await asyncio.wait_for(line.legs.get(), PATIENCE_SECONDS)
    leg.reject(RejectReason.BUSY)
    assert await page.hear_all() == [{"type": "ended", "reason": "busy"}, {"closed": 1000}]


async def test_the_page_hears_what_happens_in_its_call(line: Line) -> None:
    page, leg, _ = await line.call()
    leg.tell("transcript", {"text": "hello"})
    assert await page.hear() == {"type": "event", "name": "transcript", "data": {"text": "hello"}}
