"""What a session asks of the socket that carries it, and of whoever knows what was said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...audio.frame import AudioFormat

SESSION_SECONDS = 3600.0
EXPIRED = "Your session hit the maximum duration of 60 minutes."

Event = dict[str, Any]
Hearing = Callable[[float, float, str], str]
"""(begin, end, the model's own last words) of a turn, in seconds of the clock: what was said in it."""


@dataclass(frozen=True, slots=True)
class Render:
    """Speak this and give it to `rendered`; in `format`."""

    response_id: str
    text: str
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Close:
    """The server ends the connection; without a `code` it just breaks."""

    code: int = 0
    reason: str = ""


Out = Event | Render | Close | str
"""A text is sent as it is."""


def inarticulate(begin: float, end: float, own_words: str) -> str:
    """Where nobody knows what was said."""
    return f"(speech, {end - begin:.1f} s)"


def expiry(wall_seconds: float, seconds: float = SESSION_SECONDS) -> int:
    return math.floor(wall_seconds + seconds)
