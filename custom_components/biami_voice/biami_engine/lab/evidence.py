"""What happened in a call, measured: the carrier's side, the engine's record and its live events, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..interface import CallRecord, LiveEvent
from . import model_evidence
from .carrier import LabCall, LabCarrier
from .carrier.line import Spell
from .model import LabModel
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
    model: LabModel | None = None


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


def _first_audio_after_start(e: Evidence) -> float | None:
    started = e.call.event_times("stream started") if e.call else ()
    if e.call is None or not started or not e.call.streams[0].playout.messages:
        return None
    return (e.call.streams[0].playout.messages[0].at - started[0]) * 1000


def _silence_after_fault(e: Evidence) -> float | None:
    """From the last fault of the model to the next new sound of the agent, without what was still playing."""
    struck = e.model.faults.struck_at if e.model else []
    if e.call is None or not struck:
        return None
    spells = e.call.line.ear.spells
    later = [spell for spell in spells if spell.start > struck[-1]]
    if not later:
        return 0.0 if spells and (spells[-1].end or e.now) > struck[-1] + 1 else None
    before = [spell.end for spell in spells if spell.end is not None and spell.start <= struck[-1]]
    return (later[0].start - max(struck[-1], *before, 0.0)) * 1000


def _longest_silence(e: Evidence) -> float | None:
    """On both sides, from the first word to the last."""
    if e.call is None:
        return None
    line = e.call.line
    spells = sorted([*line.ear.spells, *line.mouth.spells], key=lambda spell: spell.start)
    longest, until = 0.0, spells[0].start if spells else 0.0
    for spell in spells:
        longest = max(longest, spell.start - until)
        until = max(until, e.now if spell.end is None else spell.end)
    return longest


def _truncation_error(e: Evidence) -> float | None:
    errors = model_evidence.truncation_errors_ms(model_evidence.sessions_of(e.model), e.call)
    return max(map(abs, errors.values())) if errors else None


def _dialled(e: Evidence) -> list[str]:
    return [call.to for call in e.carrier.calls.values() if call is not e.call]


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
    "first_audio_after_start_ms": _first_audio_after_start,
    "silence_after_fault_ms": _silence_after_fault,
    "longest_silence_seconds": _longest_silence,
    "transcript_lines": lambda e: len(e.record.transcript) if e.record else 0,
    "dialled": _dialled,
    "model_sessions": lambda e: len(e.model.past) if e.model else 0,
    "model_responses": lambda e: model_evidence.responses(e.model),
    "model_cancelled": lambda e: model_evidence.cancelled(e.model),
    "model_errors": lambda e: model_evidence.errors(e.model),
    "model_told": lambda e: model_evidence.told(e.model),
    "model_session": lambda e: e.model,
    "truncation_error_ms": _truncation_error,
    "stray_audio_ms": lambda e: model_evidence.stray_ms(model_evidence.sessions_of(e.model), e.call),
}
"""Each word of `expectations.WORDS` with its measurement."""


def failures(evidence: Evidence, expectations: Mapping[str, Any]) -> list[str]:
    """What is not as expected, in words."""
    found = []
    for word, wanted in expectations.items():
        measured = MEASURES[word](evidence)
        if word == "model_session":
            measured = {path: model_evidence.session_field(evidence.model, path) for path in wanted}
        if not _agrees(word, wanted, measured):
            found.append(f"{word}: expected {_shown(wanted)}, got {_shown(measured)}")
    return found


def _agrees(word: str, wanted: Any, measured: Any) -> bool:
    if word == "webhook_answers":
        return all(measured.get(path) == status for path, status in wanted.items())
    if word == "model_session":
        return bool(measured == wanted)
    if isinstance(wanted, Mapping):
        if measured is None:
            return False
        return bool(wanted.get("at_least", measured) <= measured <= wanted.get("at_most", measured))
    if word in ("transcript_contains", "model_told"):
        return all(text.lower() in measured.lower() for text in wanted)
    if word == "transcript_lacks":
        return not any(text.lower() in measured.lower() for text in wanted)
    if word in ("events", "dialled"):
        return set(wanted) <= set(measured)
    if word in ("alerts", "model_errors"):
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
