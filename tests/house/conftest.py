"""Where the house stands, and what of it git tracks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .sizes import summary

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked_files(root: Path) -> list[Path]:
    """Files that are or would be committed; deleted ones are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted(path for name in listing.split("\0") if name and (path := root / name).is_file())


@pytest.fixture(scope="session")
def engine_dir(root: Path) -> Path:
    return root / "custom_components" / "biami_voice" / "biami_engine"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(summary(ROOT))
