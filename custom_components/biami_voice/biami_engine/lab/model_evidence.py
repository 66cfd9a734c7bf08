"""What the simulated model saw of a call, and whether that is what the ear heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .carrier import LabCall
from .carrier.loudness import is_loud
from .carrier.playout import BYTES_PER_SECOND, FRAME_BYTES
from .model import LabModel, ModelSession

BYTES_PER_MS = BYTES_PER_SECOND // 1000
PROBE_BYTES = 40
"""So much loud sound is found twice only where it was played twice."""


def responses(model: LabModel | None) -> int:
    return sum(response.in_band for session in sessions_of(model) for response in session.spoken)


def cancelled(model: LabModel | None) -> int:
    return sum(response.body["status"] == "cancelled" for session in sessions_of(model) for response in session.spoken)


def errors(model: LabModel | None) -> list[str]:
    """Codes of every error the server sent."""
    return sorted({code for session in sessions_of(model) for code in session.errors})


def told(model: LabModel | None) -> str:
    """Every text the model was given."""
    return "\n".join(text for event in (model.received if model else ()) for text in _texts(event))


def session_field(model: LabModel | None, path: str) -> Any:
    """A field of the first session the client asked for, by its dotted path; None where it is absent."""
    updates = (event["session"] for event in (model.received if model else ()) if event["type"] == "session.update")
    value: Any = next(updates, None)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def truncation_errors_ms(sessions: Sequence[ModelSession], call: LabCall | None) -> dict[str, float]:
    """By truncated item: how far what the model believes is from what was heard; positive where it believes more.

    `sessions` are those of this call, in their order."""
    heard = heard_ms_by_item(call)
    return {
        f"{generation}:{item_id}": end_ms - heard.get(f"g{generation}:{item_id}", 0.0)
        for generation, session in enumerate(sessions, 1)
        for item_id, (_, end_ms) in session.truncated.items()
    }


def heard_ms_by_item(call: LabCall | None) -> dict[str, float]:
    """Counted by the carrier from its own play-out, by the names our marks give to what lies before them."""
    totals: dict[str, float] = {}
    for stream in call.streams if call else ():
        for item_id, ms in stream.playout.played_by(_item_of_mark).items():
            totals[item_id] = totals.get(item_id, 0.0) + ms
    return totals


def stray_ms(sessions: Sequence[ModelSession], call: LabCall | None) -> float:
    """Sound of truncated items that was heard after the clear that ended them, until the same words were said anew."""
    total = 0.0
    for session in sessions:
        for number, response in enumerate(session.spoken):
            cut = session.truncated.get(response.item_id or "")
            if cut is not None and call is not None:
                again = (other.began_at for other in session.spoken[number + 1 :] if other.reply == response.reply)
                heard = _heard_between(call, _last_clear(call, cut[0]), next(again, None))
                total += _found_ms(heard, bytes(response.sound[cut[1] * BYTES_PER_MS :]))
    return total


def _last_clear(call: LabCall, at: float) -> float:
    clears = (clear for stream in call.streams for clear in stream.playout.clears if clear <= at)
    return max(clears, default=0.0)


def _heard_between(call: LabCall, begin: float, end: float | None) -> bytes:
    """The frame that was being played when the clear came is not counted."""
    ear = call.line.ear
    started = ear.started_at or 0.0
    first = max(0, int((begin - started) * BYTES_PER_SECOND) + 2 * FRAME_BYTES)
    last = len(ear.recording) if end is None else int((end - started) * BYTES_PER_SECOND)
    return bytes(ear.recording[first:last])


def _found_ms(recording: bytes, sound: bytes) -> float:
    """How much of a sound is in a recording, told by its loud pieces."""
    found = 0
    for start in range(0, len(sound) - PROBE_BYTES, PROBE_BYTES):
        probe = sound[start : start + PROBE_BYTES]
        if is_loud(probe) and probe in recording:
            found += PROBE_BYTES
    return found / BYTES_PER_MS


def _item_of_mark(name: str) -> str:
    """`7:g1:item_3~2:400` is about `g1:item_3`: epoch before, position after, resumed parts belong together."""
    return name.partition(":")[2].rpartition(":")[0].partition("~")[0]


def sessions_of(model: LabModel | None) -> list[ModelSession]:
    return list(model.past) if model else []


def _texts(event: Mapping[str, Any]) -> Iterator[str]:
    item = event.get("item", {})
    yield from (str(part["text"]) for part in item.get("content", []) if "text" in part)
    if "output" in item:
        yield str(item["output"])
    for described in (event.get("session", {}), event.get("response", {})):
        if "instructions" in described:
            yield str(described["instructions"])
