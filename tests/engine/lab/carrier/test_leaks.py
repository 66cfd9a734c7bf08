"""Calls that end at any moment leave nothing behind: no task, no open stream, no call that is not over."""

from __future__ import annotations

import asyncio
import random

from biami_engine.calls.clock import SystemClock
from biami_engine.lab.carrier import CarrierRules, LabCarrier, PhoneLine

from .conftest import CALLER, HOUSE, Customer


class Fickle:
    """Hangs up after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def attend(self, line: PhoneLine) -> None:
        await line.until(lambda: False, self._seconds)
        line.hang_up()


async def test_nothing_is_left_of_calls_that_end_at_random_moments(customer: Customer, seed: int) -> None:
    chance = random.Random(seed)
    before = asyncio.all_tasks()
    carrier = LabCarrier(SystemClock(speed=10), rules=CarrierRules(keep_audio_of_calls=5))
    await carrier.start()
    carrier.add_number(HOUSE, customer.url + "/voice")
    customer.twiml["/voice"] = customer.connect()
    calls = [await carrier.call(CALLER, HOUSE, Fickle(chance.uniform(0, 3))) for _ in range(40)]
    await asyncio.wait_for(asyncio.gather(*(call.gone.wait() for call in calls)), 60)
    # A call may end between the upgrade and `start`: then the server sees a connection without any.
    await customer.until(lambda: len(customer.events("closed")) >= len(customer.events("start")))
    assert {call.status for call in calls} <= {"completed", "no-answer"}
    assert all(stream.closed for call in calls for stream in call.streams)
    assert sum(bool(call.line.ear.recording) for call in calls) <= 5
    await carrier.stop()
    assert {task for task in asyncio.all_tasks() - before if "aiohttp" not in repr(task.get_coro())} == set()


async def test_stopping_the_carrier_ends_running_calls(customer: Customer) -> None:
    carrier = LabCarrier(SystemClock(speed=10))
    await carrier.start()
    carrier.add_number(HOUSE, customer.url + "/voice")
    customer.twiml["/voice"] = customer.connect()
    call = await carrier.call(CALLER, HOUSE, Fickle(1000))
    await customer.until(lambda: bool(customer.events("media")))
    await carrier.stop()
    assert call.gone.is_set()
    await customer.until(lambda: bool(customer.events("stop")))
