"""Turns by energy alone, for minds that understand no words: when the caller spoke, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from ..audio.frame import Audio, AudioFormat
from ..audio.vad import EnergyVad


@dataclass(frozen=True, slots=True)
class Began:
    """The caller speaks since `ago_ms` before the end of the audio given last."""

    ago_ms: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The caller spoke for `duration_ms`, until `ago_ms` before the end of the audio given last."""

    duration_ms: float
    ago_ms: float


class Hearing:
    """The ear of one session."""

    def __init__(self, format: AudioFormat) -> None:
        self.format = format
        self._vad = EnergyVad(format)
        self._began_at_ms: float | None = None
        self._heard_ms = 0.0

    @property
    def speaking(self) -> bool:
        return self._began_at_ms is not None

    def hear(self, audio: Audio) -> Began | Ended | None:
        self._heard_ms += audio.duration_ms
        edge = self._vad.process(audio)
        if edge is None:
            return None
        if edge.kind == "started":
            self._began_at_ms = edge.at_ms
            return Began(edge.ago_ms)
        return self._end(edge.at_ms, edge.ago_ms)

    def commit(self) -> Ended | None:
        """Push-to-talk: the turn is over now; None where nothing was heard."""
        self._vad.reset()
        heard, self._heard_ms = self._heard_ms, 0.0
        return self._end(heard, 0.0) if self.speaking else None

    def _end(self, at_ms: float, ago_ms: float) -> Ended | None:
        if self._began_at_ms is None:
            return None
        duration_ms = at_ms - self._began_at_ms
        self._began_at_ms = None
        return Ended(duration_ms, ago_ms)
