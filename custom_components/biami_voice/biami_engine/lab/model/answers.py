"""What the simulated model has in mind: asked for a response, it says words and calls tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_ORDER = re.compile(r'Say exactly: "(.*)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ask:
    """A response is wanted: with these instructions, after these conversation items, with these tools at hand."""

    instructions: str
    items: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]
    heard: str = ""
    """The last that came in: the caller's words, a text, or a tool's result."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; `arguments` is JSON text and may be broken on purpose."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Reply:
    """Words first, then calls, as reasoning models do."""

    text: str = ""
    calls: tuple[Call, ...] = ()


class Mind(Protocol):
    def answer(self, ask: Ask) -> Reply: ...


class InTurn:
    """Says its lines one after the other and the last one for ever; an order to say something exactly is obeyed."""

    def __init__(self, *replies: Reply | str) -> None:
        self._replies = [Reply(reply) if isinstance(reply, str) else reply for reply in replies] or [Reply("I see.")]
        self._next = 0

    def answer(self, ask: Ask) -> Reply:
        ordered = _ordered(ask)
        if ordered is not None:
            return ordered
        reply = self._replies[min(self._next, len(self._replies) - 1)]
        self._next += 1
        return reply


@dataclass(frozen=True, slots=True)
class Line:
    """A reply that waits for its cue: a pattern that what came in must match."""

    reply: Reply
    cue: re.Pattern[str] | None = None
    repeats: bool = False


class Script:
    """The first line whose cue fits and that was not used yet; one script may go on over several sessions."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = list(lines)

    def answer(self, ask: Ask) -> Reply:
        ordered = _ordered(ask)
        if ordered is not None:
            return ordered
        for line in self._lines:
            if line.cue is None or line.cue.search(ask.heard):
                if not line.repeats:
                    self._lines.remove(line)
                return line.reply
        return Reply("I see.")


def _ordered(ask: Ask) -> Reply | None:
    order = _ORDER.search(ask.instructions)
    return None if order is None else Reply(order.group(1))
