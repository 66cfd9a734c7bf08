"""The story of a call for people to read: every side's view on one axis of lab seconds."""

from __future__ import annotations

from collections.abc import Iterator

from .carrier.line import Spell
from .evidence import Evidence


def timeline(evidence: Evidence) -> list[str]:
    """One line per thing that happened, in order, beginning with the call."""
    call = evidence.call
    if call is None:
        return [f"  no call came about: {line}" for line in evidence.phone.failures] or ["  no call came about"]
    zero = call.history[0][0]
    entries = sorted(_entries(evidence), key=lambda entry: entry[0])
    return [f"  {at - zero:7.2f} s  {who:<8} {text}" for at, who, text in entries]


def _entries(evidence: Evidence) -> Iterator[tuple[float, str, str]]:
    call = evidence.call
    assert call is not None
    for at, text in call.history:
        yield at, "carrier", text
    for at, text in evidence.phone.diary:
        yield at, "phone", text
    for spell in call.line.mouth.spells:
        yield spell.start, "phone", f"says ({_length(spell)}): {spell.text}"
    for spell in call.line.ear.spells:
        yield spell.start, "agent", f"is heard ({_length(spell)})"
    for stream in call.streams:
        for at in stream.playout.clears:
            yield at, "engine", "clears what is buffered"
        marks = stream.playout.marks
        if marks:
            cleared = sum(mark.cleared for mark in marks)
            yield marks[-1].at, "engine", f"has sent {len(marks)} marks, {cleared} of them cleared"
    yield from _engine_entries(evidence, call.history[0][0])


def _engine_entries(evidence: Evidence, zero: float) -> Iterator[tuple[float, str, str]]:
    if not evidence.events:
        return
    shown = {"interrupted", "dtmf", "call_answered", "call_ended", "tool", "turn", "answered_by", "leg_lost"}
    for event, at in zip(evidence.events, evidence.event_times, strict=True):
        if event.type in shown:
            words = ", ".join(f"{key}={value}" for key, value in event.data.items() if key not in {"leg", "item_id"})
            yield at, "engine", f"{event.type} {words}".rstrip()


def _length(spell: Spell) -> str:
    return "cut off" if spell.end is None else f"{spell.end - spell.start:.2f} s"
