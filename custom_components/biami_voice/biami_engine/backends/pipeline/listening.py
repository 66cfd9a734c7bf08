"""The caller's turns: where speech begins and ends, and the sound between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ...audio.frame import Audio
from ...speech.port import VoiceActivity

BEFORE_MS = 300.0
"""Kept from before the voice was noticed: soft onsets."""
NOTICED_MS = 1000.0
"""A detector notices a voice at most so late."""
TAIL_MS = 200.0
"""Of the silence after the last word."""
LONGEST_MS = 60_000.0
"""Of a longer turn the end is not read."""


@dataclass(frozen=True, slots=True)
class Began:
    """The caller speaks."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A whole turn."""

    audio: Audio


class Listening:
    """The ear of one session."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self._kept: deque[Audio] = deque()
        self._kept_ms = 0.0
        self.speaking = False

    def hear(self, audio: Audio) -> Began | Utterance | None:
        self._keep(audio)
        edge = self._activity.process(audio)
        if edge is None:
            return None
        if edge.kind == "started":
            self._forget(edge.ago_ms + BEFORE_MS)
            self.speaking = True
            return Began()
        return self._end(edge.ago_ms) if self.speaking else None

    def commit(self) -> Utterance | None:
        """Push-to-talk: the turn is over now; None where nobody speaks."""
        self._activity.reset()
        return self._end(0.0) if self.speaking else None

    def _end(self, quiet_ms: float) -> Utterance:
        self.speaking = False
        sound = Audio(self._activity.format, b"".join(audio.payload for audio in self._kept))
        cut_ms = 0.0 if self._kept_ms >= LONGEST_MS else max(0.0, quiet_ms - TAIL_MS)
        self._forget(BEFORE_MS)
        return Utterance(sound.slice(0, sound.duration_ms - cut_ms))

    def _keep(self, audio: Audio) -> None:
        if self.speaking and self._kept_ms >= LONGEST_MS:
            return
        self._kept.append(audio)
        self._kept_ms += audio.duration_ms
        if not self.speaking:
            self._forget(NOTICED_MS + BEFORE_MS)

    def _forget(self, but_ms: float) -> None:
        """All but the last so much, in whole frames."""
        while self._kept and self._kept_ms - self._kept[0].duration_ms >= but_ms:
            self._kept_ms -= self._kept.popleft().duration_ms
