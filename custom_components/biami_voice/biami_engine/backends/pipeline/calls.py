"""Tool calls out of a stream of deltas (OpenAI: `choices[].delta.tool_calls`), as compatible servers send them, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_CALLS = 16
MAX_ARGUMENTS = 64 * 1024


@dataclass(slots=True)
class ToolCall:
    """`arguments` is JSON text, possibly broken."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class CallAssembler:
    """The first delta of a call brings id and name, the others pieces of the arguments."""

    def __init__(self) -> None:
        self._calls: list[ToolCall] = []
        self._by_index: dict[int, ToolCall] = {}

    def add(self, delta: Mapping[str, Any]) -> None:
        function = delta.get("function")
        if not isinstance(function, Mapping):
            return
        call = self._call(delta.get("index"), str(delta.get("id") or ""), function.get("name"))
        if call is None:
            return
        arguments = function.get("arguments")
        if isinstance(arguments, Mapping):  # some servers send an object where the text of one is due
            arguments = json.dumps(arguments)
        call.arguments = (call.arguments + str(arguments or ""))[:MAX_ARGUMENTS]

    def calls(self) -> list[ToolCall]:
        """In order; what has no name can be called by nobody."""
        return [call for call in self._calls if call.name]

    def _call(self, index: Any, call_id: str, name: Any) -> ToolCall | None:
        """By index. Some servers give every call the index 0 or none at all: there a new id, or a name where there is
        one already, begins the next."""
        key = index if isinstance(index, int) else 0
        known = self._by_index.get(key)
        another = known is not None and (
            (bool(call_id) and bool(known.id) and call_id != known.id)
            or (bool(name) and bool(known.arguments) and not call_id)
        )
        if known is None or another:
            if len(self._calls) >= MAX_CALLS:
                return None
            known = self._by_index[key] = ToolCall()
            self._calls.append(known)
        known.id = known.id or call_id
        known.name = known.name or str(name or "")
        return known


def is_object(arguments: str) -> bool:
    """Whether the text is a JSON object, as every tool wants it."""
    try:
        return isinstance(json.loads(arguments or "{}"), dict)
    except ValueError:
        return False
