"""What came of a sentence: the right thing, a question back, or something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .script import Line

Verdict = Literal["right", "asks again", "other", "wrong action"]

RISKY = frozenset({"book_appointment", "take_message", "transfer_call", "schedule_callback", "send_dtmf", "end_call"})
"""Tools that change something; used unasked they are a wrong action."""
_AGAIN = re.compile(r"say that again|did not understand|cannot understand|say the number again", re.IGNORECASE)


@dataclass(slots=True)
class Reply:
    """What the agent heard, said and did in one turn."""

    heard: str = ""
    said: list[str] = field(default_factory=list)
    tools: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def words(self) -> str:
        return " ".join(self.said)


def verdict_of(line: Line, reply: Reply) -> Verdict:
    """A booking that is only asked about (not `confirmed`) changes nothing."""
    if any(name in RISKY and name not in line.tools and _changes(name, used) for name, used in reply.tools):
        return "wrong action"
    used_all = all(_used(name, wanted, reply.tools) for name, wanted in line.tools.items())
    if used_all and re.search(line.agent, reply.words, re.IGNORECASE | re.DOTALL):
        return "right"
    if any(_wrongly(name, wanted, reply.tools) for name, wanted in line.tools.items() if name in RISKY):
        return "wrong action"
    return "asks again" if not reply.said or _AGAIN.search(reply.words) else "other"


def _changes(name: str, arguments: Mapping[str, Any]) -> bool:
    return name != "book_appointment" or bool(arguments.get("confirmed"))


def _used(name: str, wanted: Mapping[str, Any], tools: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    return any(used == name and _fits(wanted, arguments) for used, arguments in tools)


def _wrongly(name: str, wanted: Mapping[str, Any], tools: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    return any(used == name and _changes(name, arguments) and not _fits(wanted, arguments) for used, arguments in tools)


def _fits(wanted: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    return all(arguments.get(key) == value for key, value in wanted.items())


def arguments_of(text: str) -> Mapping[str, Any]:
    """A tool's arguments as a backend writes them."""
    try:
        arguments = json.loads(text)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}
