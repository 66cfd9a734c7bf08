"""`kill -9` at random moments: the daemon that comes after closes every leg that was ours, and no other."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.lab.carrier import CarrierRules, LabCall, LabCarrier, PhoneLine

from .conftest import LAB_SID, LAB_TOKEN, RunningDaemon, free_port

HOUSE = "+12313993815"
OURS = tuple(f"+1415555010{digit}" for digit in range(4))
FOREIGN_TWIML = '<Response><Pause length="3600"/></Response>'
CLOSED_SECONDS = 45.0

CONFIGURATION = """
server: {{host: 127.0.0.1, port: {port}, public_url: "http://127.0.0.1:{port}", zeroconf: false}}
lines:
  office: {{transport: twilio, account_sid: {sid}, auth_token: {token}, number: "+12313993815", api_url: "{api}"}}
backends: {{demo: {{type: echo}}}}
default_backend: demo
contexts: {{general: {{prompt: "Say it back."}}}}
limits: {{max_concurrent_calls: 50, calls_per_minute: 10000, calls_per_hour: 100000, requests_per_minute: 100000}}
call_log: {{url: "sqlite:///calls.db"}}
"""


class Stayer:
    """Picks up after a while and never hangs up by itself."""

    def __init__(self, chance: random.Random) -> None:
        self.after = chance.uniform(0, 1.5)

    async def attend(self, line: PhoneLine) -> None:
        await line.clock.sleep_until(line.clock.monotonic() + self.after)
        line.answer()


async def place(session: aiohttp.ClientSession, daemon: RunningDaemon, to: str) -> None:
    """Ask for a call; the daemon may die before it answers."""
    try:
        async with session.post(f"{daemon.url}/api/outbound/initiate", json={"to": to}) as answer:
            await answer.read()
    except aiohttp.ClientError:
        return


async def place_foreign(session: aiohttp.ClientSession, carrier: LabCarrier, to: str) -> LabCall:
    """Another application of the same account calls one of the same numbers."""
    url = f"{carrier.url}/2010-04-01/Accounts/{LAB_SID}/Calls.json"
    auth = aiohttp.encode_basic_auth(LAB_SID, LAB_TOKEN)
    form = {"To": to, "From": HOUSE, "Twiml": FOREIGN_TWIML}
    async with session.post(url, data=form, headers={"Authorization": auth}) as answer:
        return carrier.calls[(await answer.json())["sid"]]


async def all_over(calls: list[LabCall]) -> None:
    async with asyncio.timeout(CLOSED_SECONDS):
        for call in calls:
            await call.gone.wait()


@pytest.mark.soak
async def test_after_kill_9_every_leg_of_ours_is_closed_and_a_foreign_one_is_not(
    start_daemon: Callable[..., Awaitable[RunningDaemon]], soak_count: Callable[[int], int], seed: int
) -> None:
    chance = random.Random(seed)
    carrier = LabCarrier(SystemClock(), LAB_SID, LAB_TOKEN, rules=CarrierRules(calls_per_second=100))
    await carrier.start()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    carrier.add_number(HOUSE, f"{url}/twilio/voice", f"{url}/api/outbound/status-callback")
    carrier.default_phone = Stayer(chance)
    text = CONFIGURATION.format(port=port, sid=LAB_SID, token=LAB_TOKEN, api=carrier.url)
    daemon = await start_daemon(text)
    async with aiohttp.ClientSession() as session:
        for _ in range(soak_count(50)):
            known = set(carrier.calls)
            foreign = await place_foreign(session, carrier, chance.choice(OURS))
            asked = [asyncio.create_task(place(session, daemon, number)) for number in OURS]
            await carrier.call("+14155550199", HOUSE, Stayer(chance))
            await asyncio.sleep(chance.uniform(0, 2.5))
            daemon.tell(signal.SIGKILL)
            await daemon.ended()
            await asyncio.gather(*asked)
            daemon = await start_daemon(text)
            ours = [call for sid, call in carrier.calls.items() if sid not in known and call is not foreign]
            await all_over(ours)
            assert foreign.status in ("ringing", "in-progress")
            foreign.line.hang_up()
            await foreign.gone.wait()
    await carrier.stop()
