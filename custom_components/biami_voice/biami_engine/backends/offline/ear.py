"""The caller's sound into utterances: pauses are told early, so that they can be read before the turn is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ...audio.frame import Audio, AudioFormat
from ...speech.silero import SileroSettings, SileroVad

PAUSE_MS = 192
"""Silence after which an utterance is read, though the caller may go on: six frames of the detector."""
BEFORE_MS = 400.0
"""Kept from before the voice was noticed: soft onsets."""
NOTICED_MS = 600.0
"""A detector notices a voice at most so late."""
TAIL_MS = 200.0
"""Silence that is read after the last word."""
LONGEST_MS = 28_000.0
"""An utterance beyond it is a monologue: the turn ends there (Moonshine reads at most 30 s at once)."""


@dataclass(frozen=True, slots=True)
class Began:
    ago_ms: float


@dataclass(frozen=True, slots=True)
class Paused:
    """The caller is silent; `audio` is all of the turn so far."""

    audio: Audio
    voiced_ms: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause was none."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The turn is over; its words are those of the last pause. `ago_ms`: since when the caller is silent."""

    ago_ms: float


Heard = Began | Paused | Resumed | Ended


class Ear:
    """`patience()` says how much silence ends the turn, in milliseconds; it may change while the silence lasts."""

    def __init__(self, format: AudioFormat, patience: Callable[[], float]) -> None:
        self.format = format
        self._patience = patience
        self._vad = SileroVad(format, SileroSettings(stop_ms=PAUSE_MS))
        self._kept: deque[Audio] = deque()
        self._kept_ms = 0.0
        self._heard_ms = 0.0
        self._began_ms: float | None = None
        self._silent_ms: float | None = None
        """When the present pause began."""

    @property
    def speaking(self) -> bool:
        """A turn is open: the caller speaks, or pauses."""
        return self._began_ms is not None

    def hear(self, audio: Audio) -> list[Heard]:
        self._keep(audio)
        self._heard_ms += audio.duration_ms
        edge = self._vad.process(audio)
        heard: list[Heard] = []
        if edge is not None:
            heard += self._started(edge.ago_ms) if edge.kind == "started" else self._stopped(edge.ago_ms)
        if self._silent_ms is not None and self._heard_ms - self._silent_ms >= self._patience():
            heard.append(self._end())
        elif self.speaking and self._silent_ms is None and self._kept_ms >= LONGEST_MS:
            heard += [*self._stopped(0.0), self._end()]
        return heard

    def commit(self) -> list[Heard]:
        """Push-to-talk: the turn is over now, if there is one."""
        if not self.speaking:
            return []
        heard = self._stopped(0.0) if self._silent_ms is None else []
        self._vad.reset()
        return [*heard, self._end()]

    def _started(self, ago_ms: float) -> list[Heard]:
        if self.speaking:
            self._silent_ms = None
            return [Resumed()]
        self._began_ms = self._heard_ms - ago_ms
        self._forget(ago_ms + BEFORE_MS)
        return [Began(ago_ms)]

    def _stopped(self, ago_ms: float) -> list[Heard]:
        if self._began_ms is None:
            return []
        self._silent_ms = self._heard_ms - ago_ms
        sound = Audio(self.format, b"".join(audio.payload for audio in self._kept))
        spoken = sound.slice(0, max(0.0, sound.duration_ms - max(0.0, ago_ms - TAIL_MS)))
        return [Paused(spoken, self._silent_ms - self._began_ms)]

    def _end(self) -> Ended:
        ago_ms = 0.0 if self._silent_ms is None else self._heard_ms - self._silent_ms
        self._began_ms = self._silent_ms = None
        self._forget(NOTICED_MS)
        return Ended(ago_ms)

    def _keep(self, audio: Audio) -> None:
        self._kept.append(audio)
        self._kept_ms += audio.duration_ms
        if not self.speaking:
            self._forget(NOTICED_MS + BEFORE_MS)

    def _forget(self, but_ms: float) -> None:
        while self._kept and self._kept_ms - self._kept[0].duration_ms >= but_ms:
            self._kept_ms -= self._kept.popleft().duration_ms
