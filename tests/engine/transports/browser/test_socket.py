import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from biami_engine.interface import TimerHandle
from biami_engine.transports.browser.socket import MAX_MESSAGES, MAX_WAIT_SECONDS, SocketClosed, SocketWriter


@dataclass
class HandClock:
    """Time that a test sets."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    async def sleep_until(self, when: float) -> None:
        raise AssertionError("a writer waits for nobody")

    def call_at(self, when: float, callback: object) -> TimerHandle:
        raise AssertionError("a writer sets no timer")


@dataclass
class Pipe:
    """A socket whose far end reads only while `flowing` is set."""

    written: list[str | bytes] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False

    async def receive(self) -> str | bytes | SocketClosed:
        return SocketClosed(1000)

    async def send(self, message: str | bytes) -> None:
        self.sending.set()
        await self.flowing.wait()
        if self.gone:
            raise ConnectionResetError
        self.written.append(message)

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def abort(self) -> None:
        self.gone = True


@dataclass
class Bench:
    writer: SocketWriter
    pipe: Pipe
    clock: HandClock
    stalls: list[float]


@pytest.fixture
async def bench() -> Bench:
    clock, pipe = HandClock(), Pipe()
    stalls: list[float] = []
    return Bench(SocketWriter(pipe, clock, lambda: stalls.append(clock.now)), pipe, clock, stalls)


async def finish(bench: Bench) -> None:
    async with asyncio.timeout(10):
        await bench.writer.run()


async def test_messages_are_written_in_order_before_the_close(bench: Bench) -> None:
    bench.pipe.flowing.set()
    for message in ("a", b"b", "c"):
        bench.writer.put(message)
    bench.writer.close(1000, "done")
    bench.writer.put("late")
    await finish(bench)
    assert bench.pipe.written == ["a", b"b", "c"]
    assert bench.pipe.closed == (1000, "done")


async def test_dropping_audio_keeps_every_word(bench: Bench) -> None:
    bench.pipe.flowing.set()
    for message in (b"1", "a", b"2", "b"):
        bench.writer.put(message)
    bench.writer.drop_audio()
    bench.writer.close(1000)
    await finish(bench)
    assert bench.pipe.written == ["a", "b"]


async def test_a_reader_that_stalls_is_reported_once(bench: Bench) -> None:
    bench.writer.put("a")
    writing = asyncio.create_task(bench.writer.run())
    await asyncio.wait_for(bench.pipe.sending.wait(), 10)
    bench.clock.now = MAX_WAIT_SECONDS
    bench.writer.put("b")
    assert bench.stalls == []
    bench.clock.now = MAX_WAIT_SECONDS + 0.1
    bench.writer.put("c")
    bench.writer.put("d")
    assert bench.stalls == [bench.clock.now]
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


async def test_the_queue_has_a_bound(bench: Bench) -> None:
    for _ in range(MAX_MESSAGES + 1):
        bench.writer.put("x")
    assert len(bench.stalls) == 1


async def test_a_socket_that_is_gone_ends_the_writing_quietly(bench: Bench) -> None:
    bench.pipe.flowing.set()
    bench.pipe.gone = True
    bench.writer.put("a")
    await finish(bench)
    assert bench.pipe.closed is None
