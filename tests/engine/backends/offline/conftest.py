from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from biami_engine.backends.offline.dialogue import Dialogue, Knowledge, State, ToolUse, Turn

NOW = datetime(2026, 11, 24, 10, 5)
BOOKING = ("check_calendar", "book_appointment")
EVERY_TOOL = frozenset(
    ("end_call", "current_time", "get_biami_info", "take_message", "transfer_call", "schedule_callback", *BOOKING)
)
SLOTS = {
    "free_slots": [
        {"start": "2026-12-01T09:00"},
        {"start": "2026-12-01T09:30"},
        {"start": "2026-12-01T10:00"},
        {"start": "2026-12-02T09:00"},
    ]
}


class Chat:
    """A conversation in writing."""

    def __init__(self, **more: Any) -> None:
        known: dict[str, Any] = {"tools": EVERY_TOOL, "contacts": ("anna", "bob"), **more}
        self.dialogue = Dialogue(Knowledge(**known))
        self.state = State(form=self.dialogue.first_form())
        self.tool: ToolUse | None = None

    def _after(self, next: tuple[State, Turn]) -> str:
        self.state, turn = next
        self.tool = turn.tool
        return turn.say

    def hear(self, text: str, doubt: float = 0.0) -> str:
        return self._after(self.dialogue.heard(self.state, text, doubt, NOW))

    def press(self, keys: str) -> str:
        said = ""
        for key in keys:
            said = self._after(self.dialogue.pressed(self.state, key, NOW))
        return said

    def result(self, data: Mapping[str, Any]) -> str:
        return self._after(self.dialogue.tool_answered(self.state, json.dumps(data), NOW))

    @property
    def used(self) -> tuple[str, Mapping[str, Any]]:
        assert self.tool is not None
        return self.tool.name, self.tool.arguments


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def chat_with() -> Callable[..., Chat]:
    return Chat
