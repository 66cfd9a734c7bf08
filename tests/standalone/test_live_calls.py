"""Calls over a real carrier's protocols, while the daemon is told to reload, to drain, or to stop at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.lab.carrier import LabCall, LabCarrier, PhoneLine

from .conftest import LAB_SID, LAB_TOKEN, RunningDaemon, StartDaemon, free_port

HOUSE = "+12025550100"
OUTSIDE = "+14155550123"
SECONDS = 30.0
CONFIGURATION = """\
server: {{port: {port}, drain_seconds: {drain}}}
lines:
  phone:
    transport: twilio
    account_sid: {sid}
    auth_token: {token}
    number: "{house}"
    api_url: {carrier}
backends:
  parrot: {{type: echo}}
contexts:
  general: {{prompt: You answer.}}
contacts:
  anna: {{number: "{outside}"}}
"""


class Person:
    """Answers, or is busy, and then holds the telephone."""

    def __init__(self, busy: bool = False) -> None:
        self._busy = busy
        self.line: PhoneLine | None = None
        self.rang = asyncio.Event()

    async def attend(self, line: PhoneLine) -> None:
        self.line = line
        self.rang.set()
        if self._busy:
            line.busy()
        elif not line.dialled:
            line.answer()


@dataclass
class Street:
    """One carrier, one daemon, and a person outside."""

    carrier: LabCarrier
    port: int
    start: StartDaemon

    async def daemon(self, drain: float = 60) -> RunningDaemon:
        return await self.start(self.text(drain))

    def text(self, drain: float = 60) -> str:
        return CONFIGURATION.format(
            port=self.port,
            drain=drain,
            sid=LAB_SID,
            token=LAB_TOKEN,
            house=HOUSE,
            carrier=self.carrier.url,
            outside=OUTSIDE,
        )

    async def conversation(self) -> tuple[LabCall, Person]:
        """Somebody calls the house and is answered: sound flows both ways."""
        person = Person()
        call = await self.carrier.call(OUTSIDE, HOUSE, person)
        async with asyncio.timeout(SECONDS):
            await person.rang.wait()
            assert person.line is not None
            ear = person.line.ear
            await person.line.until(lambda: bool(ear.spells))
        return call, person


@pytest.fixture
async def street(start_daemon: StartDaemon) -> AsyncIterator[Street]:
    port = free_port()
    carrier = LabCarrier(SystemClock(), LAB_SID, LAB_TOKEN)
    await carrier.start()
    carrier.add_number(HOUSE, f"http://127.0.0.1:{port}/twilio/voice")
    yield Street(carrier, port, start_daemon)
    await carrier.stop()


async def over(call: LabCall) -> str:
    await asyncio.wait_for(call.gone.wait(), SECONDS)
    return call.status


async def test_call_and_wait_for_the_end(street: Street) -> None:
    person = Person()
    street.carrier.phones[OUTSIDE] = person
    daemon = await street.daemon()
    calling = asyncio.create_task(daemon.command("call", "anna", "--goal", "say hello", "--wait"))
    await asyncio.wait_for(person.rang.wait(), SECONDS)
    assert person.line is not None
    ear = person.line.ear
    await asyncio.wait_for(person.line.until(lambda: bool(ear.spells)), SECONDS)
    person.line.hang_up()
    finished = await calling
    assert finished.code == 0, finished
    assert "completed after" in finished.out
    listed = await daemon.command("calls")
    assert f"-> {OUTSIDE}" in listed.out
    assert not [line for line in daemon.log if OUTSIDE in line or OUTSIDE[1:] in line]


async def test_nobody_was_spoken_to(street: Street) -> None:
    street.carrier.phones[OUTSIDE] = Person(busy=True)
    daemon = await street.daemon()
    finished = await daemon.command("call", OUTSIDE, "--wait")
    assert finished.code == 1
    assert "busy" in finished.out


async def test_hang_up_from_the_command_line(street: Street) -> None:
    daemon = await street.daemon()
    call, _ = await street.conversation()
    active = await daemon.command("calls", "--active")
    assert f"<- {OUTSIDE}" in active.out
    assert (await daemon.command("hangup", call.sid)).code == 0
    assert await over(call) == "completed"
    assert (await daemon.command("calls", "--active")).out == "no calls\n"


async def test_a_reload_leaves_the_call_alone(street: Street) -> None:
    daemon = await street.daemon()
    call, person = await street.conversation()
    daemon.file.write_text(street.text().replace("You answer.", "You answer differently."))
    before = daemon.tell(signal.SIGHUP)
    await daemon.logged("configuration reloaded", before)
    assert person.line is not None
    heard = person.line.ear.heard_seconds()
    await asyncio.wait_for(person.line.until(lambda: person.line.ear.heard_seconds() > heard + 0.5), SECONDS)
    assert call.status == "in-progress"
    person.line.hang_up()
    assert await over(call) == "completed"


async def test_the_first_signal_lets_the_call_end(street: Street) -> None:
    daemon = await street.daemon(drain=60)
    call, person = await street.conversation()
    before = daemon.tell(signal.SIGTERM)
    await daemon.logged("one call may go on", before)
    async with aiohttp.ClientSession() as session, session.get(f"{daemon.url}/ready") as response:
        assert response.status == 503
    refused = await daemon.command("call", OUTSIDE)
    assert refused.code == 1
    assert call.status == "in-progress"
    assert person.line is not None
    person.line.hang_up()
    assert await daemon.ended() == 0
    assert await over(call) == "completed"


@pytest.mark.parametrize(("drain", "signals"), [(1, 1), (600, 2)], ids=["time is up", "second signal"])
async def test_a_call_that_goes_on_is_hung_up(street: Street, drain: int, signals: int) -> None:
    daemon = await street.daemon(drain)
    call, _ = await street.conversation()
    before = daemon.tell(signal.SIGTERM)
    await daemon.logged("may go on", before)
    if signals == 2:
        daemon.tell(signal.SIGTERM)
    assert await daemon.ended() == 0
    assert await over(call) == "completed"


async def test_somebody_calls_at_the_lab_carrier(start_daemon: StartDaemon, tmp_path: Path) -> None:
    port, carrier = free_port(), free_port()
    (tmp_path / "subscribers.yaml").write_text('"+14155550125": [busy]\n')
    text = CONFIGURATION.format(
        port=port,
        drain=20,
        sid=LAB_SID,
        token=LAB_TOKEN,
        house=HOUSE,
        carrier=f"http://127.0.0.1:{carrier}",
        outside=OUTSIDE,
    )
    daemon = await start_daemon(f"{text}lab: {{carrier_port: {carrier}, subscribers: subscribers.yaml}}\n")
    finished = await daemon.command("lab-call", "--say", "Hello")
    assert finished.code == 0, finished
    assert "caller_hangup" in finished.out
    busy = await daemon.command("call", "+14155550125", "--wait")
    assert busy.code == 1
    assert "busy" in busy.out
