"""The server's events as far as a bridge needs them. Dispatch is by the `type` string; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

import msgspec

BETA_NAMES = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "conversation.item.created": "conversation.item.added",
}
"""Compatible servers still speak the names of the beta (OpenAI Realtime: beta to GA migration)."""


class ErrorBody(msgspec.Struct, frozen=True):
    message: str = ""
    code: str | None = None
    type: str | None = None
    param: str | None = None


class Item(msgspec.Struct, frozen=True):
    id: str = ""
    type: str = ""
    status: str | None = None
    name: str = ""
    call_id: str = ""
    arguments: str = ""


class StatusDetails(msgspec.Struct, frozen=True):
    reason: str | None = None
    error: ErrorBody | None = None


class Response(msgspec.Struct, frozen=True):
    id: str = ""
    status: str = "completed"
    status_details: StatusDetails | None = None
    usage: dict[str, Any] | None = None


class ServerEvent(msgspec.Struct, frozen=True):
    """The union of every field that some event has and we read."""

    type: str
    item_id: str = ""
    response_id: str = ""
    delta: str = ""
    transcript: str = ""
    item: Item | None = None
    response: Response | None = None
    error: ErrorBody | None = None
    session: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(ServerEvent)


def decode(text: str | bytes) -> ServerEvent:
    """Raises `msgspec.DecodeError` where it is no event."""
    return _decoder.decode(text)


def usage_amounts(usage: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """Every number of a usage object by its dotted path: `input_token_details.audio_tokens`."""
    amounts: dict[str, float] = {}
    for name, value in usage.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            amounts |= usage_amounts(value, path + ".")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            amounts[path] = float(value)
    return amounts
