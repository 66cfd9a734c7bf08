"""What a leg says was heard, beside what the carrier's ear played: each report, for random deltas, pauses and clears.

The bound is 40 ms of the lab's time at every speed. What the machine itself was late is allowed on top of it: neither
side can know of a loop that stood still.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.calls.clock import SystemClock
from biami_engine.core.events import Answered, Cleared, Played
from biami_engine.interface import TimerHandle
from biami_engine.lab.carrier import PhoneLine
from biami_engine.transports.port import Leg
from biami_engine.transports.twilio.media import MarkName

BOUND_MS = 40.0
ITEMS = 12
LOOK_SECONDS = 0.005


class Lateness:
    """How far behind its timers the loop has been at worst, in lab milliseconds."""

    def __init__(self, clock: SystemClock) -> None:
        self.worst_ms = 0.0
        self._clock = clock
        self._timer = self._look_later()

    def stop(self) -> None:
        self._timer.cancel()

    def _look_later(self) -> TimerHandle:
        self._due = self._clock.monotonic() + LOOK_SECONDS * self._clock.speed
        return self._clock.call_at(self._due, self._look)

    def _look(self) -> None:
        self.worst_ms = max(self.worst_ms, (self._clock.monotonic() - self._due) * 1000)
        self._timer = self._look_later()


@dataclass
class Reports:
    """Each `Played` of a leg with the lab time at which it came."""

    clock: SystemClock
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    played: list[tuple[float, Played]] = field(default_factory=list)
    clears: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self, leg: Leg) -> None:
        async for event in leg.events():
            async with self.news:
                if isinstance(event, Played):
                    self.played.append((self.clock.monotonic(), event))
                elif isinstance(event, Answered):
                    self.answered.set()
                self.clears += isinstance(event, Cleared)
                self.news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(condition)

    def position(self, item_id: str) -> float:
        return max((event.ms for _, event in self.played if event.item_id == item_id), default=0.0)


async def hear(line: PhoneLine, seconds: float) -> None:
    """Let the phone hear on for so long."""
    end = line.ear.heard_seconds() + seconds
    await line.until(lambda: line.ear.heard_seconds() >= end)


async def speak(leg: Leg, reports: Reports, line: PhoneLine, chance: random.Random) -> dict[str, float]:
    """Items of random deltas, one after the other, each heard out or cleared in the middle; returns what was given."""
    given: dict[str, float] = {}
    for number in range(ITEMS):
        item_id = f"item:{number}"
        given[item_id] = 0.0
        for _ in range(chance.randint(1, 6)):
            milliseconds = chance.choice([20, 60, 100, 137.5, 200])
            leg.play(item_id, Audio(PCMU_8K, bytes(chance.randbytes(round(milliseconds * 8)))))
            given[item_id] += milliseconds
            if chance.random() < 0.5:
                await hear(line, chance.uniform(0.0, 0.25))
        if chance.random() < 0.5:
            await hear(line, chance.uniform(0.0, given[item_id] / 1000))
            clears = reports.clears
            leg.clear()
            await reports.until(lambda clears=clears: reports.clears > clears)
        else:
            await reports.until(lambda item_id=item_id: reports.position(item_id) >= given[item_id])
    return given


@pytest.mark.parametrize("house", [1.0, 2.0, 4.0], indirect=True)
async def test_what_was_heard_is_what_the_ear_played(house):
    phone = house.talker()
    call = await house.carrier.call("+14155550123", "+12313993815", phone)
    leg = await asyncio.wait_for(house.incoming.get(), 20)
    reports, lateness = Reports(house.clock), Lateness(house.clock)
    reading = asyncio.create_task(reports.read(leg))
    leg.answer()
    await asyncio.wait_for(reports.answered.wait(), 20)
    given = await speak(leg, reports, phone.line, random.Random(int(house.clock.speed)))
    lateness.stop()
    reading.cancel()

    playout = call.streams[-1].playout
    assert playout.clears
    assert len(reports.played) > ITEMS
    bound = BOUND_MS + lateness.worst_ms
    for at, report in reports.played:
        ear = playout.played_by(item_of, until=at)[report.item_id]
        assert abs(report.ms - ear) <= bound, f"{report}: the ear had heard {ear} ms"
        assert report.ms <= given[report.item_id]
    for item_id, heard in playout.played_by(item_of).items():
        assert abs(reports.position(item_id) - heard) <= bound, f"{item_id}: the ear has heard {heard} ms"


def item_of(mark: str) -> str:
    name = MarkName.parse(mark)
    assert name is not None
    return name.item_id
