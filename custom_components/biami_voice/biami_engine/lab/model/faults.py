"""What the model's server gets wrong on purpose; responses are counted over all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class InResponse:
    """Goes wrong in the n-th response to the caller, counted from 1."""

    response: int
    after_ms: float = 0.0
    """Of its sound."""
    seconds: float = 0.0
    code: str = ""


@dataclass(slots=True)
class ModelFaults:
    """All off by default; `count` is the number of responses so far."""

    refuse_key: Literal["", "status", "close"] = ""
    """`status`: 401 before the upgrade; `close`: the upgrade succeeds, then code 3000."""
    unknown_fields: tuple[str, ...] = ()
    """Dotted paths that this server does not know, as compatible ones do not."""
    wrong_format: bool = False
    """A session is confirmed in another audio format than was asked for."""
    disconnect: InResponse | None = None
    fail: InResponse | None = None
    """`code` becomes the error of a failed response."""
    silent: InResponse | None = None
    """Nothing is heard of the server for `seconds`."""
    slow: InResponse | None = None
    """The first sound takes `seconds`."""
    own_response: InResponse | None = None
    """The server begins a response of its own just before the client's."""
    transcript_seconds: float = 0.0
    """The caller's words come so long after the turn."""
    no_transcripts: bool = False
    chatter: bool = False
    """Fields and events that no client knows."""
    malformed: bool = False
    """A frame that is not JSON comes with every response."""
    expires_in_seconds: float | None = None
    """Of the next session."""
    count: int = field(default=0, init=False)
    struck_at: list[float] = field(default_factory=list, init=False)
    """When something went wrong, in seconds of the clock."""

    def begin(self) -> int:
        """The number of the response that begins now."""
        self.count += 1
        return self.count

    def unknown_in(self, event: Any) -> str | None:
        """The first field of a client's event that this server does not know."""
        return next((path for path in self.unknown_fields if _has(event, path.split("."))), None)


def chattered(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event with more than anybody knows, and an event of a future version before it."""
    future = {"type": "response.mood.delta", "event_id": "event_future", "mood": {"delta": 0.1}}
    more = {**event, "obfuscation": "x7Qa", "phase": "commentary"}
    return [future, more] if event["type"].endswith(".delta") else [more]


def _has(event: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(event, Mapping) or name not in event:
            return False
        event = event[name]
    return True
