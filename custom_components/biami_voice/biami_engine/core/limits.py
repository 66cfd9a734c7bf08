"""What ends or wakes a call by the clock: its longest duration, silence on both sides, a caller who is not there."""

from __future__ import annotations

from enum import Enum

from ..config import IdleConfig


class Due(Enum):
    IDLE_PROMPT = "idle_prompt"
    IDLE_GOODBYE = "idle_goodbye"
    ABSOLUTE_SILENCE = "absolute_silence"
    MAX_DURATION = "max_duration"


class Limits:
    """Deadlines of a live call, in seconds on the call's clock.

    The idle ladder counts only while nobody speaks and nothing is being done; each rung asks again, the last one says
    goodbye. Absolute silence counts from the caller's last voice whatever the agent does.
    """

    __slots__ = ("_busy", "_idle", "_idle_at", "_max_at", "_rung", "_silence_at")

    def __init__(self, idle: IdleConfig) -> None:
        self._idle = idle
        self._max_at: float | None = None
        self._silence_at: float | None = None
        self._idle_at: float | None = None
        self._rung = 0
        self._busy = True

    def answered(self, now: float, max_call_seconds: float) -> None:
        self._max_at = now + max_call_seconds
        self._silence_at = now + self._idle.absolute_silence_seconds
        self._busy = False
        self._idle_at = now + self._idle.after_seconds

    def caller_heard(self, now: float, understood: bool = True) -> None:
        """The caller spoke or pressed a key: the clocks of silence start anew. A voice without words (`understood`
        False) is no proof that somebody is there: hold music has one, too."""
        self._rung = 0
        if understood:
            self._silence_at = now + self._idle.absolute_silence_seconds
        if not self._busy:
            self._idle_at = now + self._idle.after_seconds

    def set_busy(self, busy: bool, now: float) -> None:
        """Somebody speaks or something is being done: the ladder waits, and starts anew when that is over."""
        if busy == self._busy or self._max_at is None:
            return
        self._busy = busy
        self._idle_at = None if busy else now + self._idle.after_seconds

    @property
    def next_deadline(self) -> float | None:
        return min((at for at in (self._max_at, self._silence_at, self._idle_at) if at is not None), default=None)

    def time_passed(self, now: float) -> tuple[Due, str] | None:
        """What is due now, with the words for it (empty where none are said); the gravest first."""
        if self._max_at is not None and now >= self._max_at:
            self._max_at = None
            return Due.MAX_DURATION, ""
        if self._silence_at is not None and now >= self._silence_at:
            self._silence_at = None
            return Due.ABSOLUTE_SILENCE, ""
        if self._idle_at is not None and now >= self._idle_at:
            self._idle_at = None
            return self._climb()
        return None

    def _climb(self) -> tuple[Due, str]:
        if self._rung < len(self._idle.prompts):
            prompt = self._idle.prompts[self._rung]
            self._rung += 1
            self._busy = True
            return Due.IDLE_PROMPT, prompt
        return Due.IDLE_GOODBYE, self._idle.goodbye
