"""Turn-taking, decided here alone: detectors and servers are witnesses.

    caller speaks while the agent is audible
      └▶ CANDIDATE (sound pauses) ── speech stops before confirm_ms ──▶ RESUME: it was nothing, go on where it paused
            └ lasts confirm_ms ▶ CONFIRMED: the caller has the floor, unheard words are kept a little longer
                  ├ lasts judge_up_to_ms ▶ DROP: unheard words are cancelled
                  └ stops ▶ JUDGED by its words: "mm-hm", or our own voice come back ▶ RESUME, anything else ▶ DROP

With `confirm_ms` 0 the first witness is believed at once. On a line that has sent our own words back, or in the profile
`speakerphone`, sound alone proves nothing: the agent speaks on, and only words that are not ours take the turn.
"""

from __future__ import annotations

from enum import Enum

from ..config import TurnConfig
from .backchannels import is_backchannel, is_echo

JUDGE_SECONDS = 0.8
"""How long the words of a short interruption may take to be known."""


class Decision(Enum):
    PAUSE = "pause"
    """Perhaps an interruption: stop the sound, keep what was not heard."""
    CONFIRM = "confirm"
    """The caller has the floor."""
    DROP = "drop"
    """What was not heard is cancelled."""
    RESUME = "resume"
    """It was none: play on."""


class _Phase(Enum):
    IDLE = "idle"
    WAITING = "waiting"
    """The caller speaks into protected words; if that lasts beyond them, it becomes a candidate."""
    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    JUDGED = "judged"
    LISTENING = "listening"
    """The line echoes: the agent speaks on until it is known what was said."""


class TurnTaking:
    """The turn of one conversation. `now` is seconds on the call's clock; `knows_words`: transcripts will come."""

    __slots__ = ("_due", "_over_agent", "_phase", "caller_speaking", "config", "echoes", "knows_words", "speech_since")

    def __init__(self, config: TurnConfig) -> None:
        self.config = config
        self.knows_words = False
        self.caller_speaking = False
        self.speech_since = 0.0
        self.echoes = config.speakerphone
        """Our own voice comes back on this line."""
        self._over_agent = False
        self._phase = _Phase.IDLE
        self._due: float | None = None

    @property
    def undecided(self) -> bool:
        """The agent is paused and it is not known yet for how long."""
        return self._phase not in (_Phase.IDLE, _Phase.WAITING)

    @property
    def next_deadline(self) -> float | None:
        return self._due

    def speech_started(self, now: float, ago_ms: float, audible: bool, protected_until: float | None) -> list[Decision]:
        """A witness heard the caller begin `ago_ms` before now. `protected_until`: words before it are not interrupted
        (infinity: not known when they end)."""
        if self.caller_speaking:
            return []
        self.caller_speaking = True
        self.speech_since = now - ago_ms / 1000
        if self._phase is _Phase.JUDGED:
            self._enter(_Phase.CONFIRMED, self.speech_since + self.config.judge_up_to_ms / 1000)
            return []
        self._over_agent = audible
        if not audible or not self.config.interruptions:
            return []
        if self.echoes and self.knows_words:
            self._enter(_Phase.LISTENING)
            return []
        if protected_until is not None and now < protected_until:
            self._enter(_Phase.WAITING, protected_until if protected_until != float("inf") else None)
            return []
        return self._candidate(now)

    def protection_over(self, now: float, audible: bool) -> list[Decision]:
        """The protected words were heard; whoever still speaks now is taken seriously."""
        if self._phase is not _Phase.WAITING or not audible:
            return []
        self.speech_since = now
        return self._candidate(now)

    def speech_stopped(self, now: float, ago_ms: float = 0.0) -> list[Decision]:
        """A witness heard the caller end `ago_ms` before now."""
        self.caller_speaking = False
        if self._phase is _Phase.WAITING:
            self._enter(_Phase.IDLE)
            return []
        if self._phase is _Phase.LISTENING:
            self._enter(_Phase.LISTENING, now + JUDGE_SECONDS)
            return []
        if self._phase is _Phase.CANDIDATE:
            lasted_ms = (now - ago_ms / 1000 - self.speech_since) * 1000
            if lasted_ms < self.config.confirm_ms:
                self._enter(_Phase.IDLE)
                return [Decision.RESUME]
            return [*self._confirm(), *self._judge(now)]
        return self._judge(now) if self._phase is _Phase.CONFIRMED else []

    def heard_itself(self, text: str, agent_said: str) -> bool:
        """Whether a turn that began while the agent spoke is the agent's own voice; from then on the line echoes."""
        echo = self._over_agent and is_echo(text, agent_said)
        self.echoes = self.echoes or echo
        return echo

    def words(self, text: str, language: str, echo: bool = False) -> list[Decision]:
        """What the caller said in all; it judges an interruption that was short, and any on a line that echoes."""
        nothing = echo or not text.strip() or is_backchannel(text, language)
        if self._phase is _Phase.LISTENING:
            self._enter(_Phase.LISTENING if nothing and self.caller_speaking else _Phase.IDLE)
            return [] if nothing else [Decision.PAUSE, Decision.CONFIRM, Decision.DROP]
        if self._phase is not _Phase.JUDGED:
            return []
        self._enter(_Phase.IDLE)
        return [Decision.RESUME if nothing else Decision.DROP]

    def time_passed(self, now: float) -> list[Decision]:
        if self._due is None or now < self._due:
            return []
        if self._phase is _Phase.WAITING:
            self._enter(_Phase.IDLE)
            self.speech_since = now
            return self._candidate(now) if self.caller_speaking else []
        if self._phase is _Phase.CANDIDATE:
            return self._confirm()
        listened = self._phase is _Phase.LISTENING
        self._enter(_Phase.IDLE)
        return [] if listened else [Decision.DROP]

    def give_up(self) -> None:
        """The agent's words are gone, or may not be interrupted any more: there is nothing left to decide."""
        self._enter(_Phase.IDLE)

    def _candidate(self, now: float) -> list[Decision]:
        if self.config.confirm_ms <= 0:
            self._enter(_Phase.IDLE)
            return [Decision.PAUSE, Decision.CONFIRM, Decision.DROP]
        due = self.speech_since + self.config.confirm_ms / 1000
        self._enter(_Phase.CANDIDATE, due)
        return [Decision.PAUSE] if now < due else [Decision.PAUSE, *self._confirm()]

    def _confirm(self) -> list[Decision]:
        if self.config.judge_up_to_ms <= self.config.confirm_ms or not self.knows_words:
            self._enter(_Phase.IDLE)
            return [Decision.CONFIRM, Decision.DROP]
        self._enter(_Phase.CONFIRMED, self.speech_since + self.config.judge_up_to_ms / 1000)
        return [Decision.CONFIRM]

    def _judge(self, now: float) -> list[Decision]:
        if self._phase is _Phase.CONFIRMED:
            self._enter(_Phase.JUDGED, now + JUDGE_SECONDS)
        return []

    def _enter(self, phase: _Phase, due: float | None = None) -> None:
        self._phase = phase
        self._due = due
