"""Tools the backend asked for: each has a deadline, answers once, and is forgotten when the call or session ends."""

from __future__ import annotations

import json
from dataclasses import dataclass

DEFAULT_TIMEOUT_SECONDS = 15.0

TIMED_OUT = json.dumps({"error": "The tool took too long and was stopped."})


@dataclass(frozen=True, slots=True)
class ToolTraits:
    """How a tool behaves in a call; `preamble` is said while it is slow."""

    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class PendingTool:
    call_id: str
    generation: int
    name: str
    deadline: float


class ToolCalls:
    """The open tool calls of a conversation, by the backend's call id."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending: dict[str, PendingTool] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def request(self, call_id: str, generation: int, name: str, now: float, timeout_seconds: float) -> bool:
        """Remember a call; False where the backend repeats one that is open."""
        if call_id in self._pending:
            return False
        self._pending[call_id] = PendingTool(call_id, generation, name, now + timeout_seconds)
        return True

    def finish(self, call_id: str) -> PendingTool | None:
        """Close a call; None where it was closed before (late, cancelled, unknown)."""
        return self._pending.pop(call_id, None)

    def expired(self, now: float) -> list[PendingTool]:
        """Close and return every call whose deadline passed."""
        late = [tool for tool in self._pending.values() if now >= tool.deadline]
        for tool in late:
            del self._pending[tool.call_id]
        return late

    def drain(self) -> list[PendingTool]:
        """Close all."""
        left = list(self._pending.values())
        self._pending.clear()
        return left

    def outstanding(self, generation: int) -> bool:
        return any(tool.generation == generation for tool in self._pending.values())

    @property
    def next_deadline(self) -> float | None:
        return min((tool.deadline for tool in self._pending.values()), default=None)
