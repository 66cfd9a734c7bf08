"""What the mind of a call says, and what follows from it; a replaced one is not heard any more."""

from __future__ import annotations

from ..interface import EndReason, Role
from . import events as ev
from .answer_gate import AnswerGate
from .call import Call
from .commands import Report
from .handlers import Handlers


class MindEvents:
    def __init__(self, call: Call, gate: AnswerGate) -> None:
        self.call = call
        self.gate = gate

    def handlers(self) -> Handlers:
        return {
            ev.BackendOpened: self.on_backend_opened,
            ev.AgentAudio: self.on_agent_audio,
            ev.AgentAudioDone: self.on_agent_audio_done,
            ev.ResponseStarted: self.on_response_started,
            ev.ResponseDone: self.on_response_done,
            ev.SpeechStarted: self.on_speech_started,
            ev.SpeechStopped: self.on_speech_stopped,
            ev.Transcript: self.on_transcript,
            ev.ToolRequested: self.on_tool_requested,
            ev.ToolFinished: self.on_tool_finished,
            ev.Usage: self.on_usage,
            ev.BackendLost: self.on_backend_lost,
            ev.BackendExpiring: self.on_backend_expiring,
            ev.BackendReplaced: self.on_backend_replaced,
            ev.SpokenDone: self.on_spoken_done,
        }

    def _stale(self, generation: int) -> bool:
        return generation != self.call.talk.generation or self.call.talk.lost

    def on_backend_opened(self, event: ev.BackendOpened, now: float) -> None:
        if not self._stale(event.generation):
            self.call.talk.backend_opened(event, now)
            self.call.open_if_due(now)

    def on_agent_audio(self, event: ev.AgentAudio, now: float) -> None:
        if self.call.talk.speaks(event.item_id) or not self._stale(event.generation):
            self.call.talk.agent_audio(event.item_id, event.audio, now)

    def on_agent_audio_done(self, event: ev.AgentAudioDone, now: float) -> None:
        if not self._stale(event.generation):
            self.call.talk.voice.finish(event.item_id)

    def on_response_started(self, event: ev.ResponseStarted, now: float) -> None:
        if not self._stale(event.generation):
            self.call.talk.response_started(event.response_id)

    def on_response_done(self, event: ev.ResponseDone, now: float) -> None:
        if not self._stale(event.generation):
            self.call.talk.response_done(event.response_id, now)

    def on_speech_started(self, event: ev.SpeechStarted, now: float) -> None:
        if not self._stale(event.generation):
            if event.item_id is not None:
                self.call.talk.caller_turn_began(event.item_id, now)
            self.gate.voice_started(now, event.ago_ms)
            self.call.caller_speaks(now, event.ago_ms)

    def on_speech_stopped(self, event: ev.SpeechStopped, now: float) -> None:
        if not self._stale(event.generation):
            self.call.talk.speech_stopped(now, event.ago_ms)
            self.call.limits.caller_heard(now, understood=not self.call.words_come)
            self.gate.voice_stopped(now, event.ago_ms)

    def on_transcript(self, event: ev.Transcript, now: float) -> None:
        if self._stale(event.generation):
            return
        if not self.call.talk.transcript(event, now):
            return
        if event.final and event.role is Role.AGENT:
            self.call.dead_ends.agent_said(event.text)
            if self.call.words_come:
                self.call.give_up(self.call.dead_ends.responded(), now)
        elif event.final and event.role is Role.CALLER and self.call.talk.turns.knows_words:
            self._caller_said(event.text, now)

    def _caller_said(self, text: str, now: float) -> None:
        """From the first words on, a voice without any is no proof that somebody is there."""
        self.gate.heard(text, now)
        if text.strip():
            self.call.words_come = True
            self.call.limits.caller_heard(now)
        self.call.give_up(self.call.dead_ends.caller_said(text, now), now)

    def on_tool_requested(self, event: ev.ToolRequested, now: float) -> None:
        if not self._stale(event.generation) and self.call.live:
            self.call.talk.tool_requested(event, now)

    def on_tool_finished(self, event: ev.ToolFinished, now: float) -> None:
        if not self.call.talk.tool_finished(event, now):
            return
        if event.effect == "end_call":
            self.call.begin_ending(EndReason.AGENT_HANGUP, now, drain=True)
        elif event.effect == "transfer" and self.call.live:
            self.call.transfer.ask(str(event.data.get("contact", "")), now)

    def on_usage(self, event: ev.Usage, now: float) -> None:
        self.call.out.append(Report("usage", {"kind": event.kind, **event.amounts}))

    def on_backend_lost(self, event: ev.BackendLost, now: float) -> None:
        if not self._stale(event.generation):
            self.call.lose_mind(event.detail, event.retriable, now)

    def on_backend_expiring(self, event: ev.BackendExpiring, now: float) -> None:
        """The next quiet moment is used: what the caller says meanwhile waits for the new session."""
        if not self._stale(event.generation):
            self.call.renew_mind = True

    def on_backend_replaced(self, event: ev.BackendReplaced, now: float) -> None:
        if self.call.ongoing:
            self.call.talk.replace_backend(event.name)

    def on_spoken_done(self, event: ev.SpokenDone, now: float) -> None:
        self.call.talk.spoken(event.item_id)
