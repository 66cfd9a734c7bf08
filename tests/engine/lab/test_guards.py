"""A guard is worth its name only if the call goes wrong without it: guarded scenarios must fail with it off."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from biami_engine.lab.runner import run_scenario
from biami_engine.lab.scenario import find_scenarios, read_engine, read_scenario
from biami_engine.speech import Voices

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "lab"
PAGE = ROOT / "docs" / "explanation" / "guards.md"
SPEED = 4.0

SCENARIOS = [read_scenario(file) for file in find_scenarios(FOLDER, [])]
GUARDED = [scenario for scenario in SCENARIOS if scenario.guard_off]


@pytest.fixture(scope="module")
def voices() -> Voices:
    return Voices()


@pytest.mark.parametrize("scenario", GUARDED, ids=lambda scenario: scenario.name)
async def test_without_its_guard_it_fails(scenario, voices: Voices) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    verdict = await run_scenario(scenario.without_guard(), read_engine(FOLDER), FOLDER, voices, SPEED)
    assert verdict.failures, "\n".join(verdict.timeline)
    assert not [text for text in verdict.failures if text.startswith(("logged:", "the call was not placed"))]


def test_every_guard_that_can_be_switched_off_says_what_it_is() -> None:
    assert [scenario.name for scenario in SCENARIOS if scenario.guard_off and not scenario.guard] == []


def test_the_page_names_every_guarded_scenario() -> None:
    named = set(re.findall(r"`([a-z0-9-]+)` *\|$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {scenario.name for scenario in SCENARIOS if scenario.guard} == named


@pytest.fixture(scope="module", autouse=True)
def _close(voices: Voices):  # type: ignore[no-untyped-def]  # a generator of pytest's
    yield
    asyncio.run(voices.close())
