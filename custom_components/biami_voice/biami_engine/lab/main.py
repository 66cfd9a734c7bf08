"""`biami-voice lab`: list or run scenarios, print their timelines, count."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..errors import BiamiError
from ..speech import Voices
from .runner import Verdict, run_scenario
from .scenario import Scenario, check_no_engine_lines, find_scenarios, read_engine, read_scenario

_LOG = logging.getLogger(__name__)


async def run_lab(
    names: Sequence[str], *, folder: Path, speed: float = 1.0, list_only: bool = False, out: TextIO | None = None
) -> int:
    """Run scenarios of `folder` (names or files; none: all). The last line is `N passed, N failed`; 0 if none failed.

    Raises `ConfigError` or `NotFound` before anything runs.
    """
    out = out or sys.stdout
    scenarios = [read_scenario(file) for file in find_scenarios(folder, names)]
    settings = read_engine(folder)
    for scenario in scenarios:
        check_no_engine_lines(scenario.engine, scenario.file)
    if list_only:
        width = max((len(scenario.name) for scenario in scenarios), default=0)
        for scenario in scenarios:
            print(f"{scenario.name:<{width}}  {scenario.about}", file=out)
        return 0
    voices = Voices()
    passed = failed = 0
    try:
        for scenario in scenarios:
            print(f"{scenario.name}: {scenario.about}", file=out, flush=True)
            verdict = await _verdict(scenario, settings, folder, voices, speed)
            _print(verdict, out)
            passed, failed = passed + verdict.passed, failed + (not verdict.passed)
    finally:
        await voices.close()
    print(f"{passed} passed, {failed} failed", file=out, flush=True)
    return 1 if failed else 0


async def _verdict(
    scenario: Scenario, settings: Mapping[str, Any], folder: Path, voices: Voices, speed: float
) -> Verdict:
    """A scenario that breaks down has failed; the others still run."""
    try:
        return await run_scenario(scenario, settings, folder, voices, speed)
    except BiamiError as error:
        return Verdict(scenario.name, [str(error)], [])
    except Exception as error:
        _LOG.exception("the scenario %s broke down", scenario.name)
        return Verdict(scenario.name, [f"broke down: {error!r}"], [])


def _print(verdict: Verdict, out: TextIO) -> None:
    for line in verdict.timeline:
        print(line, file=out)
    for failure in verdict.failures:
        print(f"  FAILED   {failure}", file=out)
    print(f"{'passed' if verdict.passed else 'FAILED'}: {verdict.name}\n", file=out, flush=True)
