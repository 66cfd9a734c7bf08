"""A talk file: what a caller says or presses, and what must come of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import voluptuous as vol

from ...errors import ConfigError
from ..source import read_checked

LINE = vol.Schema(
    {
        vol.Exclusive("say", "caller"): str,
        vol.Exclusive("press", "caller"): vol.Match(r"^[0-9*#A-D]+$"),
        vol.Optional("agent", default=""): str,
        vol.Optional("tool", default=dict): {str: dict},
    }
)
TALKS = vol.Schema(
    {
        vol.Required("context"): str,
        vol.Optional("goal", default=""): str,
        vol.Required("talks"): {str: [LINE]},
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the caller. `agent` is a regular expression over the answer, `tools` what it must do."""

    say: str = ""
    press: str = ""
    agent: str = ""
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return self.say or f"[{self.press}]"


@dataclass(frozen=True, slots=True)
class Talk:
    name: str
    context: str
    lines: tuple[Line, ...]
    goal: str = ""


def read_talks(folder: Path) -> list[Talk]:
    """Every talk of a folder's files; raises `ConfigError` with file and line."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigError("there are no talks here", source=str(folder))
    return [talk for file in files for talk in _talks(file)]


def _talks(file: Path) -> list[Talk]:
    data = read_checked(file, TALKS)
    return [
        Talk(f"{file.stem}/{name}", data["context"], tuple(_line(line, file) for line in lines), data["goal"])
        for name, lines in data["talks"].items()
    ]


def _line(data: Mapping[str, Any], file: Path) -> Line:
    try:
        re.compile(data["agent"])
    except re.error as error:
        raise ConfigError(f"is no regular expression: {data['agent']!r}: {error}", source=str(file)) from None
    return Line(data.get("say", ""), data.get("press", ""), data["agent"], data["tool"])


def held_out(sentence: str) -> bool:
    """Half of all sentences, by their hash: nothing may be tuned on them."""
    return hashlib.sha256(sentence.encode()).digest()[0] & 1 == 1
