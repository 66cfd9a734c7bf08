"""What every test may ask for: how often to repeat, and with which seed. And: no test is skipped unnoticed."""

from __future__ import annotations

import math
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
DIVISOR = float(os.environ.get("BIAMI_SOAK_DIVISOR", "20"))
SEED = int(os.environ.get("BIAMI_SEED") or secrets.randbelow(2**32))

unexpected_skips = pytest.StashKey[list[str]]()


def allowed_reasons(text: str) -> list[re.Pattern[str]]:
    lines = (line.strip() for line in text.splitlines())
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[unexpected_skips] = []
    config.pluginmanager.register(SkipWatch(config))


def pytest_report_header() -> str:
    return f"BIAMI_SEED={SEED} BIAMI_SOAK_DIVISOR={DIVISOR:g}"


class SkipWatch:
    """Collects skips whose reason is not in the list; with CI set they fail the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.found = config.stash[unexpected_skips]
        self.allowed = allowed_reasons(ALLOWED_SKIPS.read_text("utf-8"))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report)

    def _look(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(pattern.search(reason) for pattern in self.allowed):
            self.found.append(f"{report.nodeid}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section(f"skips that {ALLOWED_SKIPS.name} does not allow")
            for line in self.found:
                terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run; it stands in the header, and BIAMI_SEED repeats it."""
    return SEED


@pytest.fixture(scope="session")
def soak_count() -> Callable[[int], int]:
    """`soak_count(1000)`: how often to repeat in this run; all of it in `make soak`."""
    return lambda full: max(1, math.ceil(full / DIVISOR))
