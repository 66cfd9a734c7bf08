"""The language of a phone's script: one word and its settings per step, checked when the file is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from ..expectations import EXPECTATIONS

KEYS = re.compile(r"[0-9A-D*#wW]+")
NETWORK_FAULTS = (
    "drop_stream",
    "garbage",
    "binary",
    "oversized",
    "unknown_event",
    "wrong_stream_sid",
    "replay_token",
    "stall",
    "resume",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a script; `value` is checked and has its defaults."""

    word: str
    value: Any


def seconds(value: Any) -> float:
    """A length of time in lab seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise vol.Invalid("expected a number of seconds")
    return float(value)


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise vol.Invalid("expected a text")
    return value


def keys(value: Any) -> str:
    """Keys of a telephone; a number in YAML is read as its digits."""
    shown = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(shown, str) or not KEYS.fullmatch(shown):
        raise vol.Invalid("expected keys: 0-9 A-D * #, w waits half a second, W a second")
    return shown


def _nothing(value: Any) -> None:
    if value is not None:
        raise vol.Invalid("takes no value")


def _speech(value: Any) -> Mapping[str, str]:
    """A text to speak, or `{wav: file}` beside the scenario."""
    if isinstance(value, str):
        return {"text": text(value)}
    checked: Mapping[str, str] = vol.Schema(
        {vol.Exclusive("text", "sound"): text, vol.Exclusive("wav", "sound"): text}
    )(value)
    if not checked:
        raise vol.Invalid("expected a text, or `text:`, or `wav:`")
    return checked


def _interruption(value: Any) -> Mapping[str, Any]:
    """`{after: seconds of the agent's speech, say: text}`."""
    schema = vol.Schema({vol.Required("say"): _speech, vol.Optional("after", default=1.0): seconds})
    checked: Mapping[str, Any] = schema(value if isinstance(value, Mapping) else {"say": value})
    return checked


def _waiting(value: Any) -> Mapping[str, Any]:
    """`started`, `finished`, or the same with limits."""
    given = {"until": value} if isinstance(value, str) else (value or {})
    schema = vol.Schema(
        {
            vol.Optional("until", default="finished"): vol.In(["started", "finished"]),
            vol.Optional("within", default=30.0): seconds,
            vol.Optional("quiet", default=2.0): seconds,
        }
    )
    checked: Mapping[str, Any] = schema(given)
    return checked


def _voicemail(value: Any) -> Mapping[str, Any]:
    schema = vol.Schema({vol.Required("greeting"): text, vol.Optional("beep", default=True): bool})
    checked: Mapping[str, Any] = schema({"greeting": value} if isinstance(value, str) else value)
    return checked


def _answer(value: Any) -> float:
    """Seconds of ringing before it is picked up."""
    return 1.0 if value is None else float(vol.Schema({vol.Required("after"): seconds})(value)["after"])


def _speakerphone(value: Any) -> Mapping[str, Any]:
    """How loud the microphone hears the loudspeaker, and how much later."""
    checked: Mapping[str, Any] = vol.Schema(
        {
            vol.Optional("gain_db", default=-12.0): vol.All(vol.Any(int, float), vol.Range(-60, 0)),
            vol.Optional("delay_ms", default=120): vol.All(int, vol.Range(0, 1000)),
            vol.Optional("seconds"): seconds,
        }
    )(value or {})
    return checked


STEPS: Mapping[str, Any] = {
    "answer": _answer,
    "no_answer": _nothing,
    "busy": _nothing,
    "reject": _nothing,
    "unreachable": _nothing,
    "voicemail": _voicemail,
    "say": _speech,
    "interrupt": _interruption,
    "wait_for_agent": _waiting,
    "wait": seconds,
    "silence": seconds,
    "press": keys,
    "speakerphone": _speakerphone,
    "noise": seconds,
    "music": seconds,
    "network": vol.In(NETWORK_FAULTS),
    "expect": EXPECTATIONS,
    "hang_up": _nothing,
}
"""Each word with what checks its value."""
RINGING_WORDS = frozenset({"answer", "no_answer", "busy", "reject", "unreachable", "voicemail"})


def _step(value: Any) -> Step:
    """`hang_up` alone, or one key with its value."""
    if isinstance(value, str):
        value = {value: None}
    if not isinstance(value, Mapping) or len(value) != 1:
        raise vol.Invalid("expected one step: a word, or one `word: value`")
    word, given = next(iter(value.items()))
    if word not in STEPS:
        raise vol.Invalid(f"unknown step {word!r}; known: {', '.join(STEPS)}", path=[word])
    try:
        return Step(word, STEPS[word](given))
    except vol.Invalid as error:
        error.prepend([word])
        raise


def script(value: Any) -> list[Step]:
    """A list of steps; what is said of ringing comes first."""
    steps: list[Step] = vol.Schema([_step])(value)
    for index, step in enumerate(steps):
        if index and step.word in RINGING_WORDS:
            raise vol.Invalid(f"{step.word} must be the first step", path=[index])
    return steps
