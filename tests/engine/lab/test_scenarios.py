"""Every shipped scenario, each a test of its own: real sockets, real speech, four times as fast as life."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from biami_engine.lab.main import run_lab
from biami_engine.lab.runner import run_scenario
from biami_engine.lab.scenario import find_scenarios, read_engine, read_scenario
from biami_engine.speech import Voices

from .model.oracle import check_client

FOLDER = Path(__file__).parents[3] / "config" / "lab"
SPEED = 4.0


@pytest.fixture
async def voices() -> AsyncIterator[Voices]:
    voices = Voices()
    yield voices
    await voices.close()


@pytest.mark.parametrize("file", find_scenarios(FOLDER, []), ids=lambda file: file.stem)
async def test_scenario(file: Path, voices: Voices) -> None:
    verdict = await run_scenario(read_scenario(file), read_engine(FOLDER), FOLDER, voices, SPEED)
    assert verdict.passed, "\n".join([*verdict.failures, *verdict.timeline])
    for event in verdict.model_received:
        check_client(event)


SHORT = """
about: A call that is refused by the signature check.
call: {direction: inbound}
faults: {bad_webhook_signature: true}
phone: [{wait: 1}]
expect: {webhook_answers: {/twilio/voice: STATUS}, alerts: [11200]}
"""


@pytest.mark.parametrize(("status", "code", "last"), [(403, 0, "1 passed, 0 failed"), (200, 1, "0 passed, 1 failed")])
async def test_the_last_line_counts(tmp_path: Path, status: int, code: int, last: str) -> None:
    file = tmp_path / "short.yaml"
    file.write_text(SHORT.replace("STATUS", str(status)))
    out = io.StringIO()
    assert await run_lab([str(file)], folder=FOLDER, speed=SPEED, out=out) == code
    assert out.getvalue().splitlines()[-1] == last
    assert ("FAILED   webhook_answers" in out.getvalue()) == bool(code)


async def test_listing_runs_nothing() -> None:
    out = io.StringIO()
    assert await run_lab(["busy", "silence"], folder=FOLDER, list_only=True, out=out) == 0
    assert [line.split()[0] for line in out.getvalue().splitlines()] == ["busy", "silence"]
