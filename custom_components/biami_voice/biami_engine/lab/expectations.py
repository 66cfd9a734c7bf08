"""What can be expected of a call: one table of words for steps and for the end, each answered by a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import voluptuous as vol


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise vol.Invalid("expected a number")
    return float(value)


def bounds(value: Any) -> Mapping[str, float]:
    """`{at_least: 1, at_most: 2}`, or one number for exactly that."""
    if isinstance(value, Mapping):
        checked: Mapping[str, float] = vol.Schema(
            {vol.Optional("at_least"): _number, vol.Optional("at_most"): _number}
        )(value)
        if checked:
            return checked
        raise vol.Invalid("expected at_least or at_most")
    return {"at_least": _number(value), "at_most": _number(value)}


def at_most(value: Any) -> Mapping[str, float]:
    return {"at_most": _number(value)}


def words(value: Any) -> list[str]:
    """One text or a list of them."""
    checked: list[str] = vol.Schema([str])([value] if isinstance(value, str) else value)
    return checked


def _numbers(value: Any) -> list[int]:
    checked: list[int] = vol.Schema([int])([value] if isinstance(value, int) else value)
    return checked


def _keys(value: Any) -> str:
    return str(value)


WORDS: Mapping[str, Any] = {
    "heard_agent_seconds": bounds,
    "heard_caller_seconds": bounds,
    "agent_spoke_times": bounds,
    "agent_silent_within_ms": at_most,
    "first_word_within_ms": at_most,
    "dtmf_heard": _keys,
    "dtmf_received": _keys,
    "call_status": words,
    "engine_status": words,
    "end_reason": words,
    "outcome": words,
    "answered_by": words,
    "call_seconds": bounds,
    "transcript_contains": words,
    "transcript_lacks": words,
    "interrupted": bool,
    "playback_cleared": bool,
    "events": words,
    "streams": bounds,
    "alerts": _numbers,
    "webhook_answers": vol.Schema({str: int}),
    "replay_refused": bool,
    "call_records": bounds,
    "first_audio_after_start_ms": at_most,
    "silence_after_fault_ms": at_most,
    "longest_silence_seconds": at_most,
    "transcript_lines": bounds,
    "dialled": words,
    "model_sessions": bounds,
    "model_responses": bounds,
    "model_cancelled": bounds,
    "model_errors": words,
    "model_told": words,
    "model_session": vol.Schema({str: object}),
    "truncation_error_ms": at_most,
    "stray_audio_ms": at_most,
}
EXPECTATIONS = vol.Schema({vol.Optional(word): check for word, check in WORDS.items()})
