"""What a placed call does until it is known who answered: once the far end speaks, the agent's words wait for it.

A person hears them; a voicemail gets the configured message after its beep, or nothing; a screener is told who calls
and why; a menu is left to the agent, who knows that it is one.
"""

from __future__ import annotations

from enum import Enum

from ..interface import AnsweredBy, Direction, EndReason, Role
from .answering import AnswerSupervisor, Finding, Identified
from .call import Call
from .commands import Report

INTRODUCE = "A call screener asks who is calling. Say in one sentence who you are and why you call, then wait."
SCREENED = "[A call screener answered. Say nothing private until a person speaks.]"
MENU = "[An automated menu answered. Listen to it and press keys with the tool, if you have it.]"


class _Introduction(Enum):
    NONE = "none"
    ASKED = "asked"
    HEARD = "heard"


class AnswerGate:
    """Hears what the supervisor needs; does nothing for incoming calls and where `answering.detect` is off."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.policy = call.setup.context.answering
        self._on = call.setup.direction is Direction.OUTBOUND and self.policy.detect and call.setup.with_agent
        self._supervisor = AnswerSupervisor()
        self._recording = False
        self._introduction = _Introduction.NONE

    @property
    def listening(self) -> bool:
        """Something may still be found: beeps are worth hearing."""
        return self._on and self._supervisor.listening

    @property
    def next_deadline(self) -> float | None:
        return self._supervisor.next_deadline if self.listening else None

    # --- what is heard ---

    def answered(self, now: float) -> None:
        if self._on:
            self._act(self._supervisor.answered(now), now)

    def voice_started(self, now: float, ago_ms: float) -> None:
        if self.listening:
            self.call.talk.voice.withheld = self._supervisor.verdict is None or self._recording
            self._act(self._supervisor.voice_started(now, ago_ms), now)

    def voice_stopped(self, now: float, ago_ms: float) -> None:
        if self.listening:
            self._act(self._supervisor.voice_stopped(now, ago_ms), now)

    def heard(self, text: str, now: float) -> None:
        """All words of an utterance."""
        if self.listening:
            self._act(self._supervisor.heard(text, now), now)

    def beep(self, hz: float, ago_ms: float, now: float) -> None:
        if self.listening:
            self._act(self._supervisor.beep(hz, now, ago_ms), now)

    def carrier_says(self, who: AnsweredBy, greeting_over: bool, now: float) -> bool:
        """False where nobody weighs it: then the carrier's word stands alone."""
        if self.listening:
            self._act(self._supervisor.carrier_says(who, now, greeting_over), now)
        return self._on

    def time_passed(self, now: float) -> None:
        if self.listening:
            self._act(self._supervisor.time_passed(now), now)

    def agent_is(self, audible: bool, now: float) -> None:
        """A screener that heard our introduction to its end may pass us on: from then on somebody else may speak."""
        if self._introduction is _Introduction.ASKED and audible:
            self._introduction = _Introduction.HEARD
        elif self._introduction is _Introduction.HEARD and not audible:
            self._introduction = _Introduction.NONE
            self._supervisor.introduced(now)

    # --- what follows ---

    def _act(self, findings: tuple[Finding, ...], now: float) -> None:
        for finding in findings:
            if not self.call.live:
                return
            if isinstance(finding, Identified):
                self._identified(finding, now)
            elif self._recording:
                self._leave_message(now)

    def _identified(self, found: Identified, now: float) -> None:
        call = self.call
        call.answered_by = found.answered_by
        call.out.append(Report("answered_by", {"answered_by": found.answered_by.value, "evidence": found.evidence}))
        if found.answered_by is AnsweredBy.VOICEMAIL and self.policy.on_voicemail == "leave_message":
            self._recording = True
            call.talk.voice.withheld = True
            call.talk.keep_silent()
        elif found.answered_by in (AnsweredBy.VOICEMAIL, AnsweredBy.NO_MESSAGE):
            call.talk.keep_silent()
            call.begin_ending(EndReason.AGENT_HANGUP, now, drain=False)
        elif found.answered_by is AnsweredBy.SCREENING:
            call.talk.keep_silent()
            call.talk.inject(SCREENED, Role.SYSTEM)
            call.talk.words_may_go(now)
            call.talk.request_response(now, INTRODUCE)
            self._introduction = _Introduction.ASKED
        else:
            if found.answered_by is AnsweredBy.IVR:
                call.talk.inject(MENU, Role.SYSTEM)
            self._recording = False
            call.talk.words_may_go(now)

    def _leave_message(self, now: float) -> None:
        self._recording = False
        self.call.talk.keep_silent()
        self.call.message_left = True
        self.call.talk.words_may_go(now)
        self.call.talk.speak(self.policy.message, now)
        self.call.begin_ending(EndReason.AGENT_HANGUP, now, drain=True)
