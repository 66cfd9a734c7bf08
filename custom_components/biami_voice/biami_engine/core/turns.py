"""Turn-taking, decided here alone: detectors and servers are witnesses.

caller speaks while the agent is audible ─▶ candidate ─speech lasts confirm_ms─▶ CONFIRM: the agent is interrupted
                                                └─speech stops before─▶ RESUME: it was nothing, go on where it paused

With `confirm_ms` 0 the first witness is believed at once.
"""

from __future__ import annotations

from enum import Enum

from ..config import TurnConfig


class Decision(Enum):
    PAUSE = "pause"
    """Perhaps an interruption: stop the sound, keep what was not heard."""
    CONFIRM = "confirm"
    """The caller takes the turn: what was not heard is cancelled."""
    RESUME = "resume"
    """It was none: play on."""


class TurnTaking:
    """The turn of one conversation. `now` is seconds on the call's clock."""

    __slots__ = ("_candidate_until", "caller_speaking", "config", "last_speech_at", "speech_since")

    def __init__(self, config: TurnConfig) -> None:
        self.config = config
        self.caller_speaking = False
        self.speech_since: float | None = None
        self.last_speech_at: float | None = None
        self._candidate_until: float | None = None

    @property
    def candidate(self) -> bool:
        return self._candidate_until is not None

    @property
    def next_deadline(self) -> float | None:
        return self._candidate_until

    def speech_started(self, now: float, ago_ms: float, agent_audible: bool, protected: bool) -> Decision | None:
        """A witness heard the caller begin `ago_ms` before now."""
        self.last_speech_at = now
        if self.caller_speaking:
            return None
        self.caller_speaking = True
        self.speech_since = now - ago_ms / 1000
        if not agent_audible or protected or not self.config.interruptions:
            return None
        if self.config.confirm_ms <= 0:
            return Decision.CONFIRM
        self._candidate_until = self.speech_since + self.config.confirm_ms / 1000
        if now >= self._candidate_until:
            self._candidate_until = None
            return Decision.CONFIRM
        return Decision.PAUSE

    def speech_stopped(self, now: float, ago_ms: float = 0.0) -> Decision | None:
        """A witness heard the caller end `ago_ms` before now."""
        self.last_speech_at = now
        self.caller_speaking = False
        if self._candidate_until is None:
            return None
        lasted = now - ago_ms / 1000 >= self._candidate_until
        self._candidate_until = None
        return Decision.CONFIRM if lasted else Decision.RESUME

    def time_passed(self, now: float) -> Decision | None:
        """The candidate lasted long enough."""
        if self._candidate_until is None or now < self._candidate_until:
            return None
        self._candidate_until = None
        return Decision.CONFIRM

    def drop_candidate(self) -> None:
        """The agent's words are gone for another reason: there is nothing left to confirm."""
        self._candidate_until = None
