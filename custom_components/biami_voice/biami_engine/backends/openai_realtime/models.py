"""What each Realtime model takes (OpenAI model pages): a payload with a field too many is refused whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RealtimeModel:
    name: str
    reasoning: bool
    """Takes `reasoning` and `parallel_tool_calls`; the others refuse them."""
    context_tokens: int
    shutdown: date | None = None
    """The provider stops it on this day."""


_SHUTDOWN = date(2027, 1, 20)

MODELS = {
    model.name: model
    for model in (
        RealtimeModel("gpt-realtime-2.1", True, 128_000),
        RealtimeModel("gpt-realtime-2.1-mini", True, 128_000),
        RealtimeModel("gpt-realtime-2", True, 128_000),
        RealtimeModel("gpt-realtime-1.5", False, 32_000),
        RealtimeModel("gpt-realtime", False, 32_000, _SHUTDOWN),
        RealtimeModel("gpt-realtime-2025-08-28", False, 32_000, _SHUTDOWN),
        RealtimeModel("gpt-realtime-mini", False, 32_000, _SHUTDOWN),
        RealtimeModel("gpt-realtime-mini-2025-12-15", False, 32_000, _SHUTDOWN),
        RealtimeModel("gpt-realtime-mini-2025-10-06", False, 32_000, _SHUTDOWN),
    )
}

DEFAULT_MODEL = "gpt-realtime-2.1"


def model_named(name: str) -> RealtimeModel:
    """The table's entry; an unknown model (another server's) is taken to understand the least."""
    return MODELS.get(name) or RealtimeModel(name, False, 32_000)
