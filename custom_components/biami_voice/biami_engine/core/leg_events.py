"""What the parties of a call do, and what follows from it."""

from __future__ import annotations

from ..interface import EndReason, Role
from . import events as ev
from .answer_gate import AnswerGate
from .call import Call
from .commands import PlayToCaller, Report, SendToBackend
from .handlers import Handlers
from .routes import AGENT
from .states import CallState, change


class LegEvents:
    def __init__(self, call: Call, gate: AnswerGate) -> None:
        self.call = call
        self.gate = gate

    def handlers(self) -> Handlers:
        return {
            ev.Ringing: self.on_ringing,
            ev.Answered: self.on_answered,
            ev.AnsweredByDetected: self.on_answered_by,
            ev.BeepHeard: self.on_beep,
            ev.CallerAudio: self.on_caller_audio,
            ev.Played: self.on_played,
            ev.Cleared: self.on_cleared,
            ev.Dtmf: self.on_dtmf,
            ev.StreamReplaced: self.on_stream_replaced,
            ev.TransferFailed: self.on_transfer_failed,
            ev.VoiceStarted: self.on_voice_started,
            ev.VoiceStopped: self.on_voice_stopped,
            ev.RemoteHangup: self.on_remote_hangup,
            ev.LegLost: self.on_leg_lost,
        }

    def on_ringing(self, event: ev.Ringing, now: float) -> None:
        if self.call.state is CallState.RINGING:
            self.call.out.append(Report("call_ringing", {"leg": event.leg}))

    def on_answered(self, event: ev.Answered, now: float) -> None:
        if event.leg not in self.call.legs or event.leg != self.call.setup.leg or self.call.answered:
            return
        self.call.answered = True
        if self.call.state is not CallState.RINGING:
            return
        self.call.state = change(self.call.state, CallState.LIVE)
        self.call.out.append(Report("call_answered", {"leg": event.leg}))
        self.call.limits.answered(now, self.call.setup.max_call_seconds)
        self.call.talk.voice.answered(now)
        self.call.talk.voice.set_hearers(self.call.routes.hearers(AGENT), now)
        if self.call.talk.lost:
            self.call.apologise(now)
        else:
            self.gate.answered(now)
            self.call.opening.answered(now)
            self.call.open_if_due(now)

    def on_answered_by(self, event: ev.AnsweredByDetected, now: float) -> None:
        if not self.gate.carrier_says(event.answered_by, event.greeting_over, now):
            self.call.answered_by = event.answered_by
            self.call.out.append(Report("answered_by", {"answered_by": event.answered_by.value}))

    def on_beep(self, event: ev.BeepHeard, now: float) -> None:
        self.gate.beep(event.hz, event.ago_ms, now)

    def on_caller_audio(self, event: ev.CallerAudio, now: float) -> None:
        if not self.call.live:
            return
        for hearer in self.call.routes.hearers(event.leg):
            if hearer == AGENT:
                if not self.call.talk.lost:
                    self.call.out.append(SendToBackend(self.call.talk.generation, event.audio))
            else:
                self.call.out.append(PlayToCaller(hearer, f"leg:{event.leg}", event.audio))

    def on_played(self, event: ev.Played, now: float) -> None:
        if event.leg == self.call.talk.leg:
            self.call.talk.played(event.item_id, event.ms, now)

    def on_cleared(self, event: ev.Cleared, now: float) -> None:
        self.call.talk.voice.cleared(event.leg)

    def on_dtmf(self, event: ev.Dtmf, now: float) -> None:
        if not self.call.live:
            return
        self.call.limits.caller_heard(now)
        self.call.dead_ends.key_pressed()
        self.call.out.append(Report("dtmf", {"leg": event.leg, "digit": event.digit}))
        if AGENT in self.call.routes.hearers(event.leg):
            self.call.talk.inject(f"[DTMF: {event.digit}]", Role.CALLER)

    def on_stream_replaced(self, event: ev.StreamReplaced, now: float) -> None:
        """A planned replacement changes nothing: same call, same backend, same words on their way."""

    def on_transfer_failed(self, event: ev.TransferFailed, now: float) -> None:
        """The caller is back with the agent, who says so and goes on."""
        contact = self.call.transfer.over()
        if contact is None or not self.call.live:
            return
        self.call.out.append(Report("transfer_failed", {"leg": event.leg, "contact": contact, "reason": event.reason}))
        if self.call.talk.lost:
            self.call.apologise(now)
            return
        self.call.talk.inject(f"[{contact} could not be reached: {event.reason}. The caller is back.]", Role.SYSTEM)
        self.call.talk.request_response(now)

    def on_voice_started(self, event: ev.VoiceStarted, now: float) -> None:
        if event.leg == self.call.talk.leg:
            self.gate.voice_started(now, event.ago_ms)
            self.call.caller_speaks(now, event.ago_ms)

    def on_voice_stopped(self, event: ev.VoiceStopped, now: float) -> None:
        if event.leg == self.call.talk.leg:
            self.call.talk.speech_stopped(now, event.ago_ms)
            self.call.limits.caller_heard(now, understood=not self.call.words_come)
            self.gate.voice_stopped(now, event.ago_ms)

    def on_remote_hangup(self, event: ev.RemoteHangup, now: float) -> None:
        reason = EndReason.CARRIER_ERROR if event.cause == "failed" else EndReason.CALLER_HANGUP
        if self.call.transfer.under_way:
            reason = EndReason.TRANSFER
        self._leg_gone(event.leg, reason, event.cause, now)

    def on_leg_lost(self, event: ev.LegLost, now: float) -> None:
        if event.leg in self.call.legs:
            self.call.out.append(Report("leg_lost", {"leg": event.leg, "detail": event.detail}))
        self._leg_gone(event.leg, EndReason.CARRIER_ERROR, "failed", now)

    def _leg_gone(self, leg: str, reason: EndReason, cause: str, now: float) -> None:
        if leg not in self.call.legs:
            return
        self.call.legs.discard(leg)
        self.call.routes.remove(leg)
        if leg == self.call.setup.leg and not self.call.answered:
            self.call.cause = cause
        alone = len(self.call.legs) == 1 and not self.call.routes.pairs
        if self.call.ongoing and (leg == self.call.setup.leg or not self.call.legs or alone):
            self.call.begin_ending(reason, now, drain=False)
        elif self.call.state is CallState.ENDING and not self.call.legs:
            self.call.finish(self.call.end_reason or reason, now)
