"""What every wire must do, run over each entry of TRANSPORTS; what its capabilities declare absent is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from biami_engine.audio.frame import Audio
from biami_engine.calls.clock import SystemClock
from biami_engine.core import events as ev
from biami_engine.errors import TransportError
from biami_engine.interface import EndReason
from biami_engine.transports import TRANSPORTS
from biami_engine.transports.port import DialRequest

from .lines import LINES, SPEED, Line, services

T = TypeVar("T")
SECONDS = 20.0


class Heard:
    """The events of a leg, read to their end."""

    def __init__(self, line: Line) -> None:
        self.events: list[ev.CallEvent] = []
        self.over = False
        self._news = asyncio.Condition()
        self.task = asyncio.create_task(self._read(line))

    async def _read(self, line: Line) -> None:
        async for event in line.leg.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
        async with self._news:
            self.over = True
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(condition)

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def next(self, kind: type[T], count: int = 1) -> T:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    def played(self, item_id: str) -> list[float]:
        return [round(event.ms, 3) for event in self.of(ev.Played) if event.item_id == item_id]


def sound(line: Line, ms: int, byte: int = 1) -> Audio:
    format = line.leg.audio_format
    return Audio(format, bytes([byte]) * int(ms * format.bytes_per_ms))


@pytest.fixture(params=sorted(TRANSPORTS))
async def line(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Line]:
    clock = SystemClock(SPEED)
    async with AsyncExitStack() as stack:
        lent = await stack.enter_async_context(services(tmp_path, clock))
        yield await LINES[request.param](stack, lent, clock)  # type: ignore[misc]


@pytest.fixture
async def heard(line: Line) -> AsyncIterator[Heard]:
    """The leg's events; the call is answered."""
    heard = Heard(line)
    line.leg.answer()
    await heard.next(ev.Answered)
    yield heard
    line.leg.hang_up(EndReason.OPERATOR)
    await asyncio.wait_for(heard.task, SECONDS)


def test_every_transport_is_examined() -> None:
    assert set(LINES) == set(TRANSPORTS)


async def test_what_is_played_is_heard_and_told(line: Line, heard: Heard) -> None:
    for _ in range(5):
        line.leg.play("a", sound(line, 100))
    await heard.until(lambda: heard.played("a")[-1:] == [500.0])
    positions = heard.played("a")
    assert positions == sorted(positions)
    assert max(positions) <= 500
    assert len(line.far.heard()) == len(sound(line, 500).payload)


async def test_items_are_heard_in_the_order_given(line: Line, heard: Heard) -> None:
    line.leg.play("a", sound(line, 200, 1))
    line.leg.play("b", sound(line, 200, 2))
    await heard.until(lambda: heard.played("b")[-1:] == [200.0])
    assert heard.played("a")[-1] == 200
    assert line.far.heard().rstrip(b"\x02") == sound(line, 200, 1).payload


async def test_a_clear_is_answered_once_and_nothing_of_it_is_heard_later(line: Line, heard: Heard) -> None:
    line.leg.play("a", sound(line, 5000, 1))
    await heard.until(lambda: bool(heard.played("a")))
    line.leg.clear()
    await heard.next(ev.Cleared)
    told = heard.played("a")
    line.leg.play("b", sound(line, 200, 2))
    await heard.until(lambda: heard.played("b")[-1:] == [200.0])
    assert heard.played("a") == told
    assert told[-1] < 5000
    assert len(heard.of(ev.Cleared)) == 1
    assert line.far.heard().count(b"\x01") < len(sound(line, 5000).payload)
    assert line.far.heard().endswith(sound(line, 200, 2).payload)


async def test_a_clear_of_nothing_is_answered_too(line: Line, heard: Heard) -> None:
    line.leg.clear()
    await heard.next(ev.Cleared)
    line.leg.play("a", sound(line, 100))
    await heard.until(lambda: heard.played("a")[-1:] == [100.0])


async def test_what_the_far_end_says_arrives(line: Line, heard: Heard) -> None:
    await line.far.speak(sound(line, 400, 7))

    def arrived() -> bool:
        return b"".join(event.audio.payload for event in heard.of(ev.CallerAudio)).count(b"\x07") >= 300

    await heard.until(arrived)
    assert {event.audio.format for event in heard.of(ev.CallerAudio)} == {line.leg.audio_format}


async def test_another_format_is_our_own_fault(line: Line, heard: Heard) -> None:
    from biami_engine.audio.frame import PCMA_8K

    with pytest.raises(ValueError, match="pcma"):
        line.leg.play("a", Audio(PCMA_8K, b"\x01" * 160))


async def test_the_far_end_hangs_up(line: Line) -> None:
    heard = Heard(line)
    line.leg.answer()
    await heard.next(ev.Answered)
    await line.far.hang_up()
    await heard.until(lambda: heard.over)
    ends = [event for event in heard.events if isinstance(event, ev.RemoteHangup | ev.LegLost)]
    assert ends == [ev.RemoteHangup(line.leg.id, "completed")]
    assert heard.events[-1] is ends[0]


async def test_after_the_end_nothing_is_heard_and_nothing_breaks(line: Line) -> None:
    heard = Heard(line)
    line.leg.answer()
    await heard.next(ev.Answered)
    line.leg.hang_up(EndReason.OPERATOR)
    line.leg.hang_up(EndReason.OPERATOR)
    await heard.until(lambda: heard.over)
    line.leg.play("late", sound(line, 100))
    line.leg.clear()
    line.leg.hold(True)
    line.leg.answer()
    assert len([event for event in heard.events if isinstance(event, ev.RemoteHangup | ev.LegLost)]) == 1


async def test_what_it_cannot_do_is_refused(line: Line, heard: Heard) -> None:
    able = line.transport.capabilities
    if not able.dtmf_out:
        with pytest.raises(TransportError):
            line.leg.send_dtmf("1")
    if not able.transfer:
        with pytest.raises(TransportError):
            line.leg.transfer("+14155550177")
    if not able.dials:
        with pytest.raises(TransportError):
            await line.transport.dial(DialRequest("call_x", "call_x-1", "+14155550123", "+12313993815", 60))


async def test_on_hold_nothing_is_heard(line: Line, heard: Heard) -> None:
    if not line.transport.capabilities.hold:
        return
    line.leg.hold(True)
    await line.far.speak(sound(line, 200, 7))
    await line.clock.sleep_until(line.clock.monotonic() + 1)
    assert b"\x07" not in b"".join(event.audio.payload for event in heard.of(ev.CallerAudio))
    line.leg.hold(False)
    line.leg.play("a", sound(line, 100))
    await heard.until(lambda: heard.played("a")[-1:] == [100.0])
