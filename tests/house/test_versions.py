"""One version number: pyproject.toml has it, everything else repeats it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def project_version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def test_it_is_semantic(project_version: str) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(-?(a|b|rc)\d+)?", project_version)


def test_installed_package(project_version: str) -> None:
    assert version("biami-voice") == project_version


def test_command_line(project_version: str) -> None:
    command = [sys.executable, "-m", "biami_voice_daemon", "--version"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.split()[-1] == project_version


def test_top_of_the_changelog(root: Path, project_version: str) -> None:
    headings = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings, "CHANGELOG.md has no entry"
    assert headings[0] == project_version


def test_wherever_else_it_is_written(tracked_files: list[Path], project_version: str) -> None:
    found = {}
    for path in tracked_files:
        if path.name in ("manifest.json", "package.json"):
            found[path] = json.loads(path.read_text("utf-8")).get("version", project_version)
        elif path.suffix == ".py" and "tests" not in path.parts:
            for number in re.findall(
                r"^(?:__version__|VERSION) *(?::[^=]+)?= *\"([^\"]+)\"", path.read_text("utf-8"), re.M
            ):
                found[path] = number
    assert {path: number for path, number in found.items() if number != project_version} == {}
