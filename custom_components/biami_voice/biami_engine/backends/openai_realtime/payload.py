"""The JSON we send. `session.update` describes a session once, from the model's capabilities and the call's setup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...audio.frame import AudioFormat
from ...interface import Role
from ..port import SessionSetup
from .models import RealtimeModel

NOISE_REDUCTION = {8000: "near_field", 24000: "far_field"}
"""A phone's microphone is at the mouth, a browser's is not."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The settings of one `openai_realtime` backend that shape its sessions."""

    voice: str = "marin"
    transcription: str = "gpt-transcribe"
    turn_detection: str = "server_vad"
    """server_vad, semantic_vad or none (push-to-talk)."""
    silence_duration_ms: int = 500
    eagerness: str = "auto"
    noise_reduction: bool = True
    reasoning_effort: str = "low"
    max_output_tokens: int = 4096
    speed: float = 1.0


def audio_format(format: AudioFormat) -> dict[str, Any]:
    """`rate` belongs to PCM only: with G.711 it is refused as unknown (OpenAI Realtime: `session.update`)."""
    if format.encoding == "pcm16":
        return {"type": "audio/pcm", "rate": format.rate_hz}
    return {"type": f"audio/{format.encoding}"}


def turn_detection(options: SessionOptions, decides: bool) -> dict[str, Any] | None:
    """`decides`: the server answers and interrupts by itself; else the core does."""
    if options.turn_detection == "none":
        return None
    detection: dict[str, Any] = {
        "type": options.turn_detection,
        "create_response": decides,
        "interrupt_response": decides,
    }
    if options.turn_detection == "semantic_vad":
        return detection | {"eagerness": options.eagerness}
    return detection | {
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": options.silence_duration_ms,
    }


def session(model: RealtimeModel, options: SessionOptions, setup: SessionSetup) -> dict[str, Any]:
    """The whole session of a call."""
    heard: dict[str, Any] = {
        "format": audio_format(setup.input_format),
        "turn_detection": turn_detection(options, decides=not setup.guarded),
        "transcription": _transcription(options, setup),
        "noise_reduction": _noise_reduction(options, setup),
    }
    spoken = {
        "format": audio_format(setup.output_format),
        "voice": setup.voice or options.voice,
        "speed": options.speed,
    }
    body: dict[str, Any] = {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": setup.instructions,
        "audio": {"input": heard, "output": spoken},
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in setup.tools
        ],
        "tool_choice": "auto",
        "max_output_tokens": options.max_output_tokens,
    }
    if model.reasoning:
        body |= {"parallel_tool_calls": True, "reasoning": {"effort": options.reasoning_effort}}
    return body


def _transcription(options: SessionOptions, setup: SessionSetup) -> dict[str, Any] | None:
    if not options.transcription:
        return None
    return {"model": options.transcription, "language": setup.language.split("-")[0]}


def _noise_reduction(options: SessionOptions, setup: SessionSetup) -> dict[str, Any] | None:
    if not options.noise_reduction:
        return None
    return {"type": NOISE_REDUCTION.get(setup.input_format.rate_hz, "near_field")}


def message(text: str, role: Role) -> dict[str, Any]:
    """An item of the conversation; what the agent said before is given back as its own words."""
    if role is Role.AGENT:
        return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    speaker = "user" if role is Role.CALLER else "system"
    return {"type": "message", "role": speaker, "content": [{"type": "input_text", "text": text}]}
