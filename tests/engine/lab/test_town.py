"""Subscribers of a running daemon's carrier, and the desk that lets somebody call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from biami_engine.calls.clock import SystemClock
from biami_engine.errors import ConfigError
from biami_engine.lab.carrier import LabCarrier
from biami_engine.lab.phones import ScriptedPhone
from biami_engine.lab.town import Town

HOUSE = "+12025550100"


@pytest.fixture
async def carrier() -> AsyncIterator[LabCarrier]:
    carrier = LabCarrier(SystemClock(8.0))
    town = Town(carrier)
    await carrier.start(town.routes)
    carrier.add_number(HOUSE)
    yield carrier
    await carrier.stop()
    await town.stop()


async def test_somebody_calls(carrier: LabCarrier) -> None:
    async with ClientSession() as session:
        body = {"to": HOUSE, "from": "+14155550199", "script": [{"wait": 1}, "hang_up"]}
        async with session.post(f"{carrier.url}/lab/calls", json=body) as response:
            assert response.status == 201
            answer = await response.json()
    call = carrier.calls[answer["sid"]]
    assert (call.from_, call.to, call.direction) == ("+14155550199", HOUSE, "inbound")
    await asyncio.wait_for(call.gone.wait(), 20)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"to": "+12025550199"}', 404),
        ('{"to": "12"}', 400),
        ("{}", 400),
        ("[]", 400),
        ("{", 400),
        ("\udcff", 400),
        ('{"to": "+12025550100", "script": [{"dance": 1}]}', 400),
        ('{"to": "+12025550100", "say": ""}', 400),
    ],
)
async def test_refused(carrier: LabCarrier, body: str, status: int) -> None:
    data = body.encode(errors="surrogateescape")
    headers = {"Content-Type": "application/json"}
    async with ClientSession() as session:
        async with session.post(f"{carrier.url}/lab/calls", data=data, headers=headers) as response:
            assert response.status == status
            assert (await response.json())["error"]
    assert not carrier.calls


async def test_a_foreign_page_cannot_let_it_ring(carrier: LabCarrier) -> None:
    """A form or a plain fetch of another origin cannot send JSON without asking first."""
    async with ClientSession() as session:
        async with session.post(f"{carrier.url}/lab/calls", data='{"to": "+12025550100"}') as response:
            assert response.status == 415
    assert not carrier.calls


async def test_subscribers_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.yaml"
    file.write_text('"+12025550125": [busy]\nanybody:\n  - answer\n  - hang_up\n')
    carrier = LabCarrier(SystemClock())
    town = Town(carrier, file)
    assert list(carrier.phones) == ["+12025550125"]
    assert isinstance(carrier.default_phone, ScriptedPhone)
    await town.stop()


@pytest.mark.parametrize("text", ['"+12025550125": [dance]\n', "12025550125: [busy]\n", "- busy\n"])
async def test_a_wrong_file_says_where(tmp_path: Path, text: str) -> None:
    file = tmp_path / "subscribers.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Town(LabCarrier(SystemClock()), file)
    assert caught.value.source.startswith(f"{file}:1")
