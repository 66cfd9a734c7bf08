"""`kill -9` at random moments: the next life closes every leg of ours at the carrier, and no other."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.config import TwilioLine
from biami_engine.lab.carrier import CarrierRules, LabCarrier
from biami_engine.transports.twilio.rest import TwilioRest

HOUSE, OTHER = "+12313993815", "+14155550999"
DOCUMENT = "<Response><Pause length='600'/></Response>"

LIFE = """
import asyncio, sys
from aiohttp import web
from biami_engine.calllog import Store, StoreLedger
from biami_engine.calls.clock import SystemClock
from biami_engine.config import TwilioLine
from biami_engine.transports.port import DialRequest, TransportServices
from biami_engine.transports.twilio import TwilioTransport
from biami_engine.web.twilio import twilio_routes

class Engine:
    transports, retired = {}, []

async def read(leg):
    async for event in leg.events():
        continue

async def main(database, port, api_url, account, token, number, first):
    clock, engine = SystemClock(), Engine()
    store = Store(database)
    await store.start()
    app = web.Application()
    app.add_routes(twilio_routes(engine))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    services = TransportServices(clock, StoreLedger(store, clock, "me"), f"http://127.0.0.1:{port}", b"k" * 32, "me")
    line = TwilioTransport(TwilioLine("office", account, token, number, api_url=api_url), services)
    engine.transports["office"] = line
    tasks = []
    def on_incoming(leg):
        leg.answer()
        tasks.append(asyncio.create_task(read(leg)))
    await line.start(on_incoming)
    print("ready", flush=True)
    for call in range(int(first), int(first) + 4):
        leg = await line.dial(DialRequest(f"call_{call}", f"call_{call}-1", f"+1415555{call:04}", number, 600))
        tasks.append(asyncio.create_task(read(leg)))
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


class Picks:
    async def attend(self, line):
        line.answer()


@pytest.fixture
async def carrier():
    carrier = LabCarrier(SystemClock(), rules=CarrierRules(calls_per_second=50, post_dial_delay_seconds=0.1))
    carrier.default_phone = Picks()
    await carrier.start()
    yield carrier
    await carrier.stop()


@pytest.mark.soak
async def test_every_leg_of_ours_is_closed_and_no_other(carrier, tmp_path: Path, unused_tcp_port, soak_count):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    randomly = random.Random(seed)
    own_url = f"http://127.0.0.1:{unused_tcp_port}"
    carrier.add_number(HOUSE, own_url + "/twilio/voice", own_url + "/api/outbound/status-callback")
    foreign = await start_foreign_call(carrier)
    account = [carrier.url, carrier.account_sid, carrier.auth_token, HOUSE]
    arguments = [f"sqlite:///{tmp_path}/log.db", str(unused_tcp_port), *account]
    for kill in range(soak_count(50)):
        process = await start_life(arguments, kill * 4)
        incoming = asyncio.create_task(carrier.call("+14155550123", HOUSE, Picks()))
        await carrier.clock.sleep_until(carrier.clock.monotonic() + randomly.uniform(0, 0.8))
        process.kill()
        await process.wait()
        await incoming
    process = await start_life(arguments, 9000)
    ours = [call for call in carrier.calls.values() if call is not foreign and int(call.to[-4:]) < 9000]
    assert ours
    async with asyncio.timeout(30):
        for call in ours:
            await call.gone.wait()
    assert not foreign.terminal
    process.kill()
    await process.wait()


async def start_foreign_call(carrier):
    """Another application of the account has a call of its own."""
    rest = TwilioRest(TwilioLine("x", carrier.account_sid, carrier.auth_token, HOUSE, api_url=carrier.url))
    created = await rest.create_call({"To": OTHER, "From": HOUSE, "Twiml": DOCUMENT, "TimeLimit": "600"})
    rest.close()
    return carrier.calls[created.sid]


async def start_life(arguments: list[str], first: int) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIFE, *arguments, str(first), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
    return process
