"""What happened in a call, measured: the carrier's side, the engine's record and its live events, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..interface import CallRecord, LiveEvent
from .carrier import LabCall, LabCarrier
from .carrier.line import Spell
from .phones import ScriptedPhone


@dataclass(frozen=True, slots=True)
class Evidence:
    """`call` and `record` are None where no call came about."""

    carrier: LabCarrier
    call: LabCall | None
    phone: ScriptedPhone
    record: CallRecord | None
    events: Sequence[LiveEvent]
    event_times: Sequence[float]
    """When each event was heard, in lab seconds."""
    records: int
    now: float
    replays: Sequence[int | None]
    """Close codes of replayed streams."""


def _spoken_seconds(spells: Sequence[Spell], now: float) -> float:
    return sum((now if spell.end is None else spell.end) - spell.start for spell in spells)


def _heard(e: Evidence) -> float:
    return _spoken_seconds(e.call.line.ear.spells, e.now) if e.call else 0.0


def _said(e: Evidence) -> float:
    return _spoken_seconds(e.call.line.mouth.spells, e.now) if e.call else 0.0


def _silence_after_interruption(e: Evidence) -> float | None:
    """The longest time an interrupted sentence went on; None while one still does."""
    lasted = [None if spell.end is None else (spell.end - at) * 1000 for spell, at in e.phone.interrupted]
    return None if not lasted or None in lasted else max(0.0, *(ms for ms in lasted if ms is not None))


def _first_word(e: Evidence) -> float | None:
    if e.call is None or e.call.answered_at is None or not e.call.line.ear.spells:
        return None
    return (e.call.line.ear.spells[0].start - e.call.answered_at) * 1000


def _transcript(e: Evidence) -> str:
    return "\n".join(line.text for line in e.record.transcript) if e.record else ""


def _seconds_up(e: Evidence) -> float | None:
    if e.call is None or e.call.answered_at is None:
        return None
    ends = e.call.event_times(e.call.status) if e.call.terminal else [e.now]
    return ends[-1] - e.call.answered_at


def _answers(e: Evidence) -> dict[str, int]:
    return {urlsplit(delivery.url).path: delivery.status for delivery in e.carrier.webhooks.deliveries}


def _events(e: Evidence) -> list[str]:
    return [event.type for event in e.events]


MEASURES: Mapping[str, Callable[[Evidence], Any]] = {
    "heard_agent_seconds": _heard,
    "heard_caller_seconds": _said,
    "agent_spoke_times": lambda e: len(e.call.line.ear.spells) if e.call else 0,
    "agent_silent_within_ms": _silence_after_interruption,
    "first_word_within_ms": _first_word,
    "dtmf_heard": lambda e: e.call.line.ear.keys if e.call else "",
    "dtmf_received": lambda e: "".join(str(event.data.get("digit")) for event in e.events if event.type == "dtmf"),
    "call_status": lambda e: e.call.status if e.call else None,
    "engine_status": lambda e: e.record.status.value if e.record else None,
    "end_reason": lambda e: e.record.end_reason.value if e.record and e.record.end_reason else None,
    "outcome": lambda e: e.record.outcome.value if e.record and e.record.outcome else None,
    "answered_by": lambda e: e.record.answered_by.value if e.record else None,
    "call_seconds": _seconds_up,
    "transcript_contains": _transcript,
    "transcript_lacks": _transcript,
    "interrupted": lambda e: "interrupted" in _events(e),
    "playback_cleared": lambda e: any(stream.playout.clears for stream in (e.call.streams if e.call else ())),
    "events": _events,
    "streams": lambda e: len(e.call.streams) if e.call else 0,
    "alerts": lambda e: sorted({alert.code for alert in e.carrier.alerts}),
    "webhook_answers": _answers,
    "replay_refused": lambda e: bool(e.replays) and all(code is not None for code in e.replays),
    "call_records": lambda e: e.records,
}
"""Each word of `expectations.WORDS` with its measurement."""


def failures(evidence: Evidence, expectations: Mapping[str, Any]) -> list[str]:
    """What is not as expected, in words."""
    found = []
    for word, wanted in expectations.items():
        measured = MEASURES[word](evidence)
        if not _agrees(word, wanted, measured):
            found.append(f"{word}: expected {_shown(wanted)}, got {_shown(measured)}")
    return found


def _agrees(word: str, wanted: Any, measured: Any) -> bool:
    if word == "webhook_answers":
        return all(measured.get(path) == status for path, status in wanted.items())
    if isinstance(wanted, Mapping):
        if measured is None:
            return False
        return bool(wanted.get("at_least", measured) <= measured <= wanted.get("at_most", measured))
    if word == "transcript_contains":
        return all(text.lower() in measured.lower() for text in wanted)
    if word == "transcript_lacks":
        return not any(text.lower() in measured.lower() for text in wanted)
    if word == "events":
        return set(wanted) <= set(measured)
    if word == "alerts":
        return bool(sorted(wanted) == measured)
    if isinstance(wanted, list):
        return measured in wanted
    return bool(wanted == measured)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        words = [f"{name.replace('_', ' ')} {number:g}" for name, number in value.items() if name.startswith("at_")]
        return " and ".join(words) or str(value)
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list):
        return " or ".join(map(str, value)) if value else "none"
    return repr(value) if isinstance(value, str) else str(value)
