"""The input buffer: every millisecond ever appended is counted, and a detector of energy finds turns in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...audio.frame import Audio, AudioFormat
from ...audio.vad import EnergyVad, VadSettings
from .shapes import Refused

MIN_COMMIT_MS = 100.0
PIECE_MS = 20.0
"""The detector tells one edge a call: it is given one frame at a time."""
SEMANTIC_SILENCE_MS = 500


@dataclass(frozen=True, slots=True)
class Edge:
    """`at_ms` as the server tells it: with the padding before, with the silence after."""

    kind: Literal["started", "stopped"]
    at_ms: int


class Ear:
    def __init__(self, format: AudioFormat, detection: Mapping[str, Any] | None) -> None:
        self.heard_ms = 0.0
        self.buffered_ms = 0.0
        self.configure(format, detection)

    def configure(self, format: AudioFormat, detection: Mapping[str, Any] | None) -> None:
        """A session.update: the detector begins anew, the count of milliseconds goes on."""
        self._format = format
        self._vad: EnergyVad | None = None
        self._offset_ms = self.heard_ms
        if detection is not None:
            self._padding_ms = int(detection.get("prefix_padding_ms", 0))
            self._silence_ms = int(detection.get("silence_duration_ms", SEMANTIC_SILENCE_MS))
            self._vad = EnergyVad(format, VadSettings(stop_ms=max(self._silence_ms, 20)))

    def append(self, base64: str) -> Iterator[Edge]:
        """Hear on; raises `Refused` for what is no base64."""
        try:
            audio = Audio(self._format, Audio.from_base64(self._format, base64).payload)
        except ValueError:
            raise Refused("invalid_value", "Invalid 'audio'. Expected base64-encoded audio bytes.", "audio") from None
        self.buffered_ms += audio.duration_ms
        return self._edges(audio)

    def _edges(self, audio: Audio) -> Iterator[Edge]:
        start = 0.0
        while start < audio.duration_ms:
            piece = audio.slice(start, start + PIECE_MS)
            start += PIECE_MS
            self.heard_ms += piece.duration_ms
            edge = self._vad.process(piece) if self._vad is not None else None
            if edge is not None and edge.kind == "started":
                yield Edge("started", int(max(0.0, self._offset_ms + edge.at_ms - self._padding_ms)))
            elif edge is not None:
                yield Edge("stopped", int(self._offset_ms + edge.at_ms + self._silence_ms))

    def commit(self) -> float:
        """The milliseconds taken out of the buffer; raises `Refused` for nearly none."""
        if self.buffered_ms < MIN_COMMIT_MS:
            raise Refused(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {self.buffered_ms:.2f}ms of audio.",
            )
        return self.clear()

    def clear(self) -> float:
        taken, self.buffered_ms = self.buffered_ms, 0.0
        return taken
