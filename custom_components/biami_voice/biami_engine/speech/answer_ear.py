"""The ear of the answering machine detection: a caller's sound into edges, beeps and utterances to be understood."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ..audio.beep_detector import Beep, BeepDetector
from ..audio.frame import Audio, AudioFormat
from ..audio.vad import VadEdge
from .port import VoiceActivity

BEFORE_MS = 400.0
"""Kept from before the voice was noticed: soft onsets."""
NOTICED_MS = 1000.0
"""A detector notices a voice at most so late."""
PIECE_MS = 2000.0
"""After each so much of an unfinished utterance it is worth reading what there is."""
LONGEST_MS = 12_000.0
"""Then an utterance is read and a new one begins: reading costs more than its length."""
UNDERSTOOD = -0.6
"""Confidence from which words are `clear` to the supervisor; below it is another language, or noise. Lower than
`CONFIDENT`: nothing is done by these words but to tell who speaks."""
OVERLAP_MS = 1000.0
"""Words on the cut are in both."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech to be read. Not final: all of it so far."""

    audio: Audio
    final: bool


Heard = VadEdge | Beep | Utterance


class AnswerEar:
    """Listens to one leg. What it hears is told in the order of time."""

    def __init__(self, format: AudioFormat, activity: VoiceActivity) -> None:
        self.format = format
        self._activity = activity
        self._beeps = BeepDetector(format)
        self._kept: deque[Audio] = deque()
        self._kept_ms = 0.0
        self._piece_at_ms = PIECE_MS

    def hear(self, audio: Audio) -> list[Heard]:
        """The next frame; about 1.3 ms of processor time for 20 ms of speech, hardly any for silence."""
        self._keep(audio)
        heard: list[Heard] = []
        edge = self._activity.process(audio)
        beep = self._beeps.process(audio)
        if edge is not None:
            heard.append(edge)
        if edge is not None and edge.kind == "started":
            self._forget(edge.ago_ms + BEFORE_MS)
            self._piece_at_ms = PIECE_MS
        elif edge is not None:
            heard.append(Utterance(self._all(), final=True))
        elif self._activity.speaking and self._kept_ms >= self._piece_at_ms:
            heard.append(self._piece())
        if beep is not None:
            heard.append(beep)
        return heard

    def _piece(self) -> Utterance:
        whole = self._kept_ms >= LONGEST_MS
        utterance = Utterance(self._all(), final=whole)
        if whole:
            self._forget(OVERLAP_MS)
        self._piece_at_ms = self._kept_ms + PIECE_MS
        return utterance

    def _keep(self, audio: Audio) -> None:
        self._kept.append(audio)
        self._kept_ms += audio.duration_ms
        if not self._activity.speaking:
            self._forget(NOTICED_MS + BEFORE_MS)

    def _forget(self, but_ms: float) -> None:
        """All but the last so much, in whole frames."""
        while self._kept and self._kept_ms - self._kept[0].duration_ms >= but_ms:
            self._kept_ms -= self._kept.popleft().duration_ms

    def _all(self) -> Audio:
        return Audio(self.format, b"".join(audio.payload for audio in self._kept))
