"""Which models this server has, and what each of them takes (OpenAI model pages)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .shapes import Refused

REASONING = frozenset({"gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2"})
OTHERS = frozenset(
    {
        "gpt-realtime-1.5",
        "gpt-realtime",
        "gpt-realtime-2025-08-28",
        "gpt-realtime-mini",
        "gpt-realtime-mini-2025-12-15",
        "gpt-realtime-mini-2025-10-06",
    }
)
LISTENERS = frozenset({"gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper", "whisper-1"})
"""Of the retired `gpt-4o-transcribe` family nothing is known here."""
TAKES_KEYWORDS = frozenset({"gpt-transcribe", "gpt-live-transcribe"})
ONLY_REASONING = ("reasoning", "parallel_tool_calls")


def check_model(model: str) -> None:
    if model not in REASONING | OTHERS:
        raise Refused("invalid_model", f"Model '{model}' is not supported in realtime mode.", "model")


def check_takes(model: str, body: Mapping[str, Any], path: str) -> None:
    """What only some models take."""
    for name in ONLY_REASONING:
        if name in body and model not in REASONING:
            raise Refused("unknown_parameter", f"'{name}' is not supported with model '{model}'.", f"{path}.{name}")
    transcription = body.get("audio", {}).get("input", {}).get("transcription")
    if transcription is not None:
        _check_transcription(transcription, f"{path}.audio.input.transcription")


def _check_transcription(transcription: Mapping[str, Any], path: str) -> None:
    listener = transcription.get("model")
    if listener is None:
        raise Refused("missing_required_parameter", f"Missing required parameter: '{path}.model'.", f"{path}.model")
    if listener not in LISTENERS:
        raise Refused("invalid_value", f"Invalid value: '{listener}'.", f"{path}.model")
    takes = {"languages": TAKES_KEYWORDS, "keywords": TAKES_KEYWORDS, "delay": {"gpt-realtime-whisper"}}
    for name, models in takes.items():
        if name in transcription and listener not in models:
            raise Refused("unknown_parameter", f"Unknown parameter: '{path}.{name}'.", f"{path}.{name}")
