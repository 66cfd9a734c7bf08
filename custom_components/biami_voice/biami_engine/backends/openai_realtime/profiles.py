"""How servers that speak the Realtime protocol differ in the session they take.

openai   GA, all fields
azure    the same, but for the deepest reasoning effort
xai      voice and turn detection at the top of the session; server VAD only
beta     the names before GA (Qwen-Omni and others)
minimal  what every server takes: formats, instructions, tools, turn detection
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Session = Mapping[str, Any]

_BETA_FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}


def minimal(session: Session) -> dict[str, Any]:
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    return {
        "type": "realtime",
        "instructions": session["instructions"],
        "audio": {
            "input": {"format": heard["format"], "turn_detection": heard["turn_detection"]},
            "output": {"format": spoken["format"], "voice": spoken["voice"]},
        },
        "tools": session["tools"],
    }


def _azure(session: Session) -> dict[str, Any]:
    body = dict(session)
    if body.get("reasoning", {}).get("effort") == "xhigh":
        body["reasoning"] = {"effort": "high"}
    return body


def _xai(session: Session) -> dict[str, Any]:
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    detection = heard["turn_detection"]
    if detection is not None and detection["type"] != "server_vad":
        detection = {"type": "server_vad"}
    return {
        "type": "realtime",
        "instructions": session["instructions"],
        "voice": spoken["voice"],
        "turn_detection": detection,
        "audio": {"input": {"format": heard["format"]}, "output": {"format": spoken["format"]}},
        "tools": session["tools"],
    }


def _beta(session: Session) -> dict[str, Any]:
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    return {
        "modalities": ["audio", "text"],
        "instructions": session["instructions"],
        "voice": spoken["voice"],
        "input_audio_format": _BETA_FORMATS[heard["format"]["type"]],
        "output_audio_format": _BETA_FORMATS[spoken["format"]["type"]],
        "input_audio_transcription": heard["transcription"],
        "turn_detection": heard["turn_detection"],
        "tools": session["tools"],
        "tool_choice": session["tool_choice"],
        "max_response_output_tokens": session["max_output_tokens"],
    }


PROFILES: dict[str, Callable[[Session], dict[str, Any]]] = {
    "openai": dict,
    "azure": _azure,
    "xai": _xai,
    "beta": _beta,
    "minimal": minimal,
}


def effective_formats(session: Session) -> tuple[str | None, str | None]:
    """What the server says it hears and speaks, in GA's words; None where it says nothing."""
    audio = session.get("audio")
    if isinstance(audio, dict):
        heard, spoken = audio.get("input") or {}, audio.get("output") or {}
        return (heard.get("format") or {}).get("type"), (spoken.get("format") or {}).get("type")
    ga = {beta: name for name, beta in _BETA_FORMATS.items()}
    return (
        ga.get(str(session.get("input_audio_format"))),
        ga.get(str(session.get("output_audio_format"))),
    )
