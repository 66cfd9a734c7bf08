"""The `openai` package's own types judge every event: known type, right fields, and no field too many."""

from __future__ import annotations

from typing import Any

import pydantic
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent

_SERVER: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(RealtimeServerEvent)
_CLIENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(RealtimeClientEvent)
SENT_BUT_NOT_TYPED = {".session.id", ".session.object", ".session.expires_at"}
"""The server shows these; the package's session type is the one of a request."""


def extras(value: Any, path: str = "") -> list[str]:
    """Fields that the models took silently."""
    if isinstance(value, pydantic.BaseModel):
        found = [f"{path}.{name}" for name in (value.model_extra or {})]
        return found + [
            one for name in type(value).model_fields for one in extras(getattr(value, name), f"{path}.{name}")
        ]
    if isinstance(value, list):
        return [one for number, item in enumerate(value) for one in extras(item, f"{path}[{number}]")]
    return []


def check_server(event: dict[str, Any]) -> None:
    parsed = _SERVER.validate_python(event)
    assert parsed.type == event["type"]
    assert set(extras(parsed)) <= SENT_BUT_NOT_TYPED, event


def check_client(event: dict[str, Any]) -> Any:
    """The event as the package's own type."""
    parsed = _CLIENT.validate_python(event)
    assert parsed.type == event["type"]
    assert extras(parsed) == [], event
    return parsed
