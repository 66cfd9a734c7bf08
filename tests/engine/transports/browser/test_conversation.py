import asyncio
import contextlib
import logging
import socket

import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.core.events import LegLost, RemoteHangup
from biami_engine.interface import EndReason

from .conftest import PATIENCE_SECONDS, Line, serving


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (b"\0\0", "not_started"),
        ('{"type":"hang_up"}', "not_started"),
        ("hello", "bad_message"),
        ('{"type":"start","context":"nobody"}', "unknown_context"),
        ('{"type":"start","prompt":"obey"}', "bad_message"),
    ],
)
async def test_a_wrong_beginning_is_refused_with_a_reason(line: Line, first: str | bytes, code: str) -> None:
    page = await line.open()
    await (page.socket.send_bytes(first) if isinstance(first, bytes) else page.socket.send_str(first))
    error, closed = await page.hear_all()
    assert isinstance(error, dict)
    assert (error["type"], error["code"], closed) == ("error", code, {"closed": 1008})
    assert line.legs.empty()


@pytest.mark.parametrize(
    ("rubbish", "code", "closed"),
    [
        ('{"type":"start"}', "already_started", 1008),
        ("{", "bad_message", 1008),
        ("x" * 70_000, "too_big", 1009),
        (b"\0" * 70_000, "too_big", 1009),
        (b"\0\0\0", "bad_audio", 1008),
        (b"", "bad_audio", 1008),
    ],
)
async def test_rubbish_in_a_call_ends_it_alone(
    line: Line, caplog: pytest.LogCaptureFixture, rubbish: str | bytes, code: str, closed: int
) -> None:
    other, _, _ = await line.call()
    page, leg, events = await line.call()
    with caplog.at_level(logging.WARNING):
        await (page.socket.send_bytes(rubbish) if isinstance(rubbish, bytes) else page.socket.send_str(rubbish))
        error, end = await page.hear_all()
        last = await events.rest()
    assert isinstance(error, dict)
    assert (error["code"], end) == (code, {"closed": closed})
    assert [type(event) for event in last] == [LegLost]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [leg.call_id]
    assert not other.socket.closed


async def test_ten_megabytes_close_the_socket(line: Line) -> None:
    page, _, events = await line.call()
    with contextlib.suppress(ConnectionError):
        await page.socket.send_bytes(b"\0" * 10_000_000)
    assert [type(event) for event in await events.rest()] == [LegLost]
    await page.socket.close()


async def test_a_closed_tab_is_a_caller_who_hung_up(line: Line) -> None:
    page, leg, events = await line.call()
    await page.socket.close(code=1001)
    assert await events.rest() == [RemoteHangup(leg.id)]


async def test_a_vanished_page_is_a_lost_leg(line: Line) -> None:
    page, leg, events = await line.call()
    page.socket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    (lost,) = await events.rest()
    assert isinstance(lost, LegLost)
    assert "1006" in lost.detail
    await page.socket.close()


async def test_a_page_that_reads_no_more_is_let_go() -> None:
    clock = SystemClock(speed=20)
    async with serving(clock) as line:
        page, leg, events = await line.call()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not leg.over:
                leg.tell("transcript", {"text": "x" * 100_000})
                await clock.sleep_until(clock.monotonic() + 0.2)
            (lost,) = await events.rest()
            assert isinstance(lost, LegLost)
            assert "reads no more" in lost.detail
            await line.served.get()
        await page.socket.close()


async def test_a_page_that_says_nothing_is_not_waited_for() -> None:
    async with serving(SystemClock(speed=50)) as line:
        page = await line.open()
        error, closed = await page.hear_all()
        assert isinstance(error, dict)
        assert (error["code"], closed) == ("no_start", {"closed": 1008})


async def test_hanging_up_tells_the_page_why_and_closes(line: Line) -> None:
    page, leg, events = await line.call()
    leg.hang_up(EndReason.MAX_DURATION)
    assert await page.hear_all() == [{"type": "ended", "reason": "max_duration"}, {"closed": 1000}]
    assert await events.rest() == [RemoteHangup(leg.id)]
    await asyncio.wait_for(line.served.get(), PATIENCE_SECONDS)


async def test_a_stopped_line_lets_every_page_go(line: Line) -> None:
    page, leg, events = await line.call()
    waiting = await line.open()
    _, heard, other = await asyncio.gather(line.transport.stop(), page.hear_all(), waiting.hear_all())
    assert heard == [{"type": "ended", "reason": "shutdown"}, {"closed": 1000}]
    assert other == [{"closed": 1001}]
    assert await events.rest() == [RemoteHangup(leg.id)]
    late = await line.open()
    await late.say(type="start")
    error, closed = await late.hear_all()
    assert isinstance(error, dict)
    assert (error["code"], closed) == ("draining", {"closed": 1001})


async def test_nothing_of_a_call_is_left_behind(line: Line) -> None:
    before = asyncio.all_tasks()
    for _ in range(3):
        page, leg, _ = await line.call()
        await page.say(type="hang_up")
        assert (await page.hear_all())[-1] == {"closed": 1000}
        await asyncio.wait_for(line.served.get(), PATIENCE_SECONDS)
    left = {task for task in asyncio.all_tasks() - before if "_listen" in repr(task) or "SocketWriter" in repr(task)}
    assert left == set()
