"""What the caller hears while a tool takes its time: a sentence once, then a soft tone, never dead air."""

from __future__ import annotations

from dataclasses import dataclass

from ..audio.frame import PCMU_8K, Audio

PREAMBLE_SECONDS = 1.0
TONE_SECONDS = 3.0
"""From the preamble, or from the request where there is none, to the first tone; then again and again."""
TONE_LEVEL_DBFS = -30.0


@dataclass(frozen=True, slots=True)
class Preamble:
    text: str


@dataclass(frozen=True, slots=True)
class HoldTone:
    audio: Audio


class ToolWait:
    """One stretch of waiting for tools. `now` is seconds on the call's clock."""

    __slots__ = ("_due", "_preamble", "_tone")

    def __init__(self) -> None:
        self._due: float | None = None
        self._preamble = ""
        self._tone: Audio | None = None

    @property
    def next_deadline(self) -> float | None:
        return self._due

    def began(self, now: float, preamble: str) -> None:
        """A tool was asked for; of several at once the first one's words count."""
        if self._due is None:
            self._preamble = preamble
            self._due = now + (PREAMBLE_SECONDS if preamble else TONE_SECONDS)

    def over(self) -> None:
        self._due = None

    def time_passed(self, now: float, quiet: bool) -> Preamble | HoldTone | None:
        """What is due; nothing while somebody speaks, and then a moment later."""
        if self._due is None or now < self._due:
            return None
        if not quiet:
            self._due = now + PREAMBLE_SECONDS
            return None
        self._due = now + TONE_SECONDS
        if self._preamble:
            text, self._preamble = self._preamble, ""
            return Preamble(text)
        if self._tone is None:
            from ..audio.tones import tones  # late: numpy is not needed by a call whose tools are quick

            self._tone = tones(PCMU_8K, (440.0, 660.0), 300, TONE_LEVEL_DBFS)
        return HoldTone(self._tone)
