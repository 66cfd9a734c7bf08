"""The effective session: what the server starts with, and what an update changes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...audio.frame import PCM16_24K, PCMA_8K, PCMU_8K, AudioFormat

_FORMATS = {"audio/pcm": PCM16_24K, "audio/pcmu": PCMU_8K, "audio/pcma": PCMA_8K}
DEFAULT_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}


class Settings:
    """`body` is what `session.created` and `session.updated` show."""

    def __init__(self, session_id: str, model: str, expires_at: int) -> None:
        pcm = {"type": "audio/pcm", "rate": 24000}
        self.body: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": model,
            "output_modalities": ["audio"],
            "instructions": "You are a helpful assistant.",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "include": None,
            "expires_at": expires_at,
            "audio": {
                "input": {
                    "format": dict(pcm),
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": dict(DEFAULT_VAD),
                },
                "output": {"format": dict(pcm), "voice": "marin", "speed": 1.0},
            },
        }

    @property
    def input_format(self) -> AudioFormat:
        return _FORMATS[self.body["audio"]["input"]["format"]["type"]]

    @property
    def output_format(self) -> AudioFormat:
        return _FORMATS[self.body["audio"]["output"]["format"]["type"]]

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        detection: Mapping[str, Any] | None = self.body["audio"]["input"]["turn_detection"]
        return detection

    @property
    def transcribes(self) -> bool:
        return self.body["audio"]["input"]["transcription"] is not None

    @property
    def model(self) -> str:
        return str(self.body["model"])

    @property
    def voice(self) -> Any:
        return self.body["audio"]["output"]["voice"]

    def update(self, change: Mapping[str, Any]) -> None:
        """Only what is present changes; `model` is decided by the address."""
        changed = copy.deepcopy(dict(change))
        changed.pop("model", None)
        audio = changed.pop("audio", {})
        self.body.update(changed)
        for side in ("input", "output"):
            self.body["audio"][side].update(audio.get(side, {}))
        detection = self.body["audio"]["input"]["turn_detection"]
        if detection is not None:
            defaults = DEFAULT_VAD if detection["type"] == "server_vad" else _SEMANTIC
            self.body["audio"]["input"]["turn_detection"] = {**defaults, **detection}

    def shown(self) -> dict[str, Any]:
        """A copy that no later update changes."""
        return copy.deepcopy(self.body)


_SEMANTIC = {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True}
