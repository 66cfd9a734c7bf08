"""`CallSession`: one call as a state machine. Events in, commands out; no I/O, no clock (`now` is an argument).

`receive` never fails on what a peer says: an event that does not fit the present state is ignored. After `EndCall` no
command follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..config import ContextConfig
from ..interface import AnsweredBy, Direction, EndReason, Outcome, RejectReason, Role
from . import events as ev
from .commands import (
    AnswerLeg,
    CloseBackend,
    Command,
    CommitBackend,
    EndCall,
    HangUp,
    HoldLeg,
    PlayToCaller,
    RejectLeg,
    Report,
    SendDtmf,
    SendToBackend,
    TransferLeg,
)
from .conversation import Conversation
from .dead_ends import DeadEnd, DeadEnds
from .failover import Failover
from .handlers import handlers
from .limits import Due, Limits
from .opening import Opening
from .outcome import outcome_of
from .routes import AGENT, RouteTable, conversation
from .states import CallState, change
from .tool_calls import ToolTraits
from .transfer import Transfer

DRAIN_SECONDS = 12.0
"""How long last words may take to be heard before the call is hung up all the same."""
HANGUP_SECONDS = 5.0
"""How long a leg may take to confirm that it is gone."""


@dataclass(frozen=True, slots=True)
class CallSetup:
    """What a call is before its first event. `reject` refuses an incoming call; `backend` None: the context's own."""

    leg: str
    direction: Direction
    context: ContextConfig
    max_call_seconds: float
    backend: str | None = None
    reject: RejectReason | None = None
    with_agent: bool = True
    tools: Mapping[str, ToolTraits] = field(default_factory=dict)


class CallSession:
    """The state of one call. `state`, `legs`, `outcome` are for reading."""

    def __init__(self, setup: CallSetup) -> None:
        self.setup = setup
        self.state = CallState.RINGING
        self.legs: set[str] = {setup.leg}
        self.answered = False
        self.answered_by = AnsweredBy.UNKNOWN
        self.end_reason: EndReason | None = None
        self._out: list[Command] = []
        self._routes = RouteTable(conversation(setup.leg) if setup.with_agent else ())
        self._talk = Conversation(setup.leg, setup.context, self._out, setup.tools)
        self._dead_ends = DeadEnds(setup.context.language)
        self._transfer = Transfer()
        self._words_come = False
        self._limits = Limits(setup.context.idle)
        self._cause = "completed"
        self._opening = Opening(setup.context)
        self._renew_mind = False
        self._failover = Failover(setup.context.failover)
        self._drain_until: float | None = None
        self._gone_by: float | None = None
        self._hung_up = False
        self._handlers = handlers(self)

    def start(self, now: float) -> list[Command]:
        """The first commands: open the mind while it rings, answer or refuse."""
        if self.setup.reject is not None:
            self._out.append(RejectLeg(self.setup.leg, self.setup.reject))
            self._cause = "rejected"
            self._finish(EndReason.OPERATOR, now)
            return self._take()
        if self.setup.with_agent:
            self._talk.open_backend(self.setup.backend)
        if self.setup.direction is Direction.INBOUND:
            self._out.append(AnswerLeg(self.setup.leg))
        return self._take()

    def receive(self, event: ev.CallEvent, now: float) -> list[Command]:
        """Hear one event; the commands that follow from it, in order."""
        if self.ended:
            return []
        self._handlers[type(event)](event, now)
        if type(event) is not ev.CallerAudio and not self.ended:
            self._after(now)
        return self._take()

    @property
    def ended(self) -> bool:
        return self.state is CallState.ENDED

    @property
    def next_deadline(self) -> float | None:
        """When `TimePassed` is due, in seconds on the call's clock; None: nothing is waited for."""
        if self.state is CallState.ENDED:
            return None
        deadlines = [self._talk.next_deadline, self._opening.listens_until, self._drain_until, self._gone_by]
        if self.state is CallState.LIVE:
            deadlines += [self._limits.next_deadline, self._dead_ends.next_deadline, self._transfer.next_deadline]
        return min((at for at in deadlines if at is not None), default=None)

    def _take(self) -> list[Command]:
        out = self._out[:]
        self._out.clear()
        return out

    def _after(self, now: float) -> None:
        self._limits.set_busy(self._talk.busy or self._transfer.contact is not None, now)
        if self.state is CallState.LIVE:
            self._dead_ends.agent_silent(now, not self._talk.busy)
            self._transfer_if_due(now)
        if self._renew_mind and self.state is CallState.LIVE and not self._talk.busy:
            self._renew_mind = False
            self._talk.replace_backend(self.setup.backend)
        if self.state is CallState.ENDING and not self._hung_up and self._talk.silent_for_good:
            self._hang_up_all(now)

    # --- legs ---

    def on_ringing(self, event: ev.Ringing, now: float) -> None:
        if self.state is CallState.RINGING:
            self._out.append(Report("call_ringing", {"leg": event.leg}))

    def on_answered(self, event: ev.Answered, now: float) -> None:
        if event.leg not in self.legs or event.leg != self.setup.leg or self.answered:
            return
        self.answered = True
        if self.state is not CallState.RINGING:
            return
        self.state = change(self.state, CallState.LIVE)
        self._out.append(Report("call_answered", {"leg": event.leg}))
        self._limits.answered(now, self.setup.max_call_seconds)
        self._talk.voice.answered(now)
        self._talk.voice.set_hearers(self._routes.hearers(AGENT), now)
        if self._talk.lost:
            self._apologise(now)
        else:
            self._opening.answered(now)
            self._open_if_due(now)

    def on_answered_by(self, event: ev.AnsweredByDetected, now: float) -> None:
        self.answered_by = event.answered_by
        self._out.append(Report("answered_by", {"answered_by": event.answered_by.value}))

    def on_caller_audio(self, event: ev.CallerAudio, now: float) -> None:
        if self.state is not CallState.LIVE:
            return
        for hearer in self._routes.hearers(event.leg):
            if hearer == AGENT:
                if not self._talk.lost:
                    self._out.append(SendToBackend(self._talk.generation, event.audio))
            else:
                self._out.append(PlayToCaller(hearer, f"leg:{event.leg}", event.audio))

    def on_played(self, event: ev.Played, now: float) -> None:
        if event.leg == self._talk.leg:
            self._talk.played(event.item_id, event.ms, now)

    def on_cleared(self, event: ev.Cleared, now: float) -> None:
        self._talk.voice.cleared(event.leg)

    def on_dtmf(self, event: ev.Dtmf, now: float) -> None:
        if self.state is not CallState.LIVE:
            return
        self._limits.caller_heard(now)
        self._dead_ends.key_pressed()
        self._out.append(Report("dtmf", {"leg": event.leg, "digit": event.digit}))
        if AGENT in self._routes.hearers(event.leg):
            self._talk.inject(f"[DTMF: {event.digit}]", Role.CALLER)

    def on_stream_replaced(self, event: ev.StreamReplaced, now: float) -> None:
        """A planned replacement changes nothing: same call, same backend, same words on their way."""

    def on_transfer_failed(self, event: ev.TransferFailed, now: float) -> None:
        """The caller is back with the agent, who says so and goes on."""
        contact = self._transfer.over()
        if contact is None or self.state is not CallState.LIVE:
            return
        self._out.append(Report("transfer_failed", {"leg": event.leg, "contact": contact, "reason": event.reason}))
        self._talk.inject(f"[{contact} could not be reached: {event.reason}. The caller is back.]", Role.SYSTEM)
        self._talk.request_response(now)

    def _transfer_if_due(self, now: float) -> None:
        contact = self._transfer.take(now, self._talk.silent_for_good)
        if contact is not None:
            self._out.append(Report("transferring", {"leg": self.setup.leg, "contact": contact}))
            self._out.append(TransferLeg(self.setup.leg, contact))

    def on_remote_hangup(self, event: ev.RemoteHangup, now: float) -> None:
        reason = EndReason.TRANSFER if self._transfer.under_way else EndReason.CALLER_HANGUP
        self._leg_gone(event.leg, reason, event.cause, now)

    def on_leg_lost(self, event: ev.LegLost, now: float) -> None:
        if event.leg in self.legs:
            self._out.append(Report("leg_lost", {"leg": event.leg, "detail": event.detail}))
        self._leg_gone(event.leg, EndReason.CARRIER_ERROR, "failed", now)

    def _leg_gone(self, leg: str, reason: EndReason, cause: str, now: float) -> None:
        if leg not in self.legs:
            return
        self.legs.discard(leg)
        self._routes.remove(leg)
        if leg == self.setup.leg and not self.answered:
            self._cause = cause
        alone = len(self.legs) == 1 and not self._routes.pairs
        if self.state in (CallState.RINGING, CallState.LIVE) and (leg == self.setup.leg or not self.legs or alone):
            self._begin_ending(reason, now, drain=False)
        elif self.state is CallState.ENDING and not self.legs:
            self._finish(self.end_reason or reason, now)

    # --- the mind ---

    def _stale(self, generation: int) -> bool:
        return generation != self._talk.generation or self._talk.lost

    def on_backend_opened(self, event: ev.BackendOpened, now: float) -> None:
        if not self._stale(event.generation):
            self._talk.backend_opened(event, now)
            self._open_if_due(now)

    def on_agent_audio(self, event: ev.AgentAudio, now: float) -> None:
        if self._talk.speaks(event.item_id) or not self._stale(event.generation):
            self._talk.agent_audio(event.item_id, event.audio, now)

    def on_agent_audio_done(self, event: ev.AgentAudioDone, now: float) -> None:
        if not self._stale(event.generation):
            self._talk.voice.finish(event.item_id)

    def on_response_started(self, event: ev.ResponseStarted, now: float) -> None:
        if not self._stale(event.generation):
            self._talk.response_started(event.response_id)

    def on_response_done(self, event: ev.ResponseDone, now: float) -> None:
        if not self._stale(event.generation):
            self._talk.response_done(event.response_id, now)

    def on_speech_started(self, event: ev.SpeechStarted, now: float) -> None:
        if not self._stale(event.generation):
            if event.item_id is not None:
                self._talk.caller_turn_began(event.item_id, now)
            self._caller_speaks(now, 0.0)

    def on_speech_stopped(self, event: ev.SpeechStopped, now: float) -> None:
        if not self._stale(event.generation):
            self._talk.speech_stopped(now)
            self._limits.caller_heard(now, understood=not self._words_come)

    def on_voice_started(self, event: ev.VoiceStarted, now: float) -> None:
        if event.leg == self._talk.leg:
            self._caller_speaks(now, event.ago_ms)

    def on_voice_stopped(self, event: ev.VoiceStopped, now: float) -> None:
        if event.leg == self._talk.leg:
            self._talk.speech_stopped(now, event.ago_ms)
            self._limits.caller_heard(now, understood=not self._words_come)

    def _caller_speaks(self, now: float, ago_ms: float) -> None:
        if self.state is not CallState.LIVE:
            return
        self._limits.caller_heard(now, understood=not self._words_come)
        self._dead_ends.caller_speaks()
        self._opening.caller_spoke()
        self._talk.speech_started(now, ago_ms)

    def on_transcript(self, event: ev.Transcript, now: float) -> None:
        if self._stale(event.generation):
            return
        self._talk.transcript(event, now)
        if event.final and event.role is Role.AGENT:
            self._dead_ends.agent_said(event.text)
            if self._words_come:
                self._give_up(self._dead_ends.responded(), now)
        elif event.final and event.role is Role.CALLER and self._talk.turns.knows_words:
            self._caller_said(event.text, now)

    def _caller_said(self, text: str, now: float) -> None:
        """From the first words on, a voice without any is no proof that somebody is there."""
        if text.strip():
            self._words_come = True
            self._limits.caller_heard(now)
        self._give_up(self._dead_ends.caller_said(text, now), now)

    def _give_up(self, dead_end: DeadEnd | None, now: float) -> None:
        if dead_end is None or self.state is not CallState.LIVE:
            return
        self._out.append(Report("dead_end", {"kind": dead_end.value}))
        reason = EndReason.AGENT_HANGUP if dead_end is DeadEnd.GOODBYE else EndReason.IDLE_TIMEOUT
        self._begin_ending(reason, now, drain=True)

    def on_tool_requested(self, event: ev.ToolRequested, now: float) -> None:
        if not self._stale(event.generation) and self.state is CallState.LIVE:
            self._talk.tool_requested(event, now)

    def on_tool_finished(self, event: ev.ToolFinished, now: float) -> None:
        if not self._talk.tool_finished(event, now):
            return
        if event.effect == "end_call":
            self._begin_ending(EndReason.AGENT_HANGUP, now, drain=True)
        elif event.effect == "transfer" and self.state is CallState.LIVE:
            self._transfer.ask(str(event.data.get("contact", "")), now)

    def on_usage(self, event: ev.Usage, now: float) -> None:
        self._out.append(Report("usage", {"kind": event.kind, **event.amounts}))

    def on_backend_lost(self, event: ev.BackendLost, now: float) -> None:
        if not self._stale(event.generation):
            self._lose_mind(event.detail, event.retriable, now)

    def _lose_mind(self, detail: str, retriable: bool, now: float) -> None:
        """Never silence: the house's own voice speaks while another mind comes, or before the call ends."""
        generation = self._talk.generation
        self._talk.backend_lost()
        self._out.append(Report("backend_lost", {"generation": generation, "detail": detail}))
        if self.state not in (CallState.RINGING, CallState.LIVE):
            return
        step = self._failover.next(retriable)
        if step is not None:
            if self.state is CallState.LIVE:
                self._talk.speak(self.setup.context.failover.words, now, by_house=True)
            self._talk.replace_backend(step.name or self.setup.backend)
        elif self.state is CallState.LIVE:
            self._apologise(now)
        elif self.setup.direction is Direction.OUTBOUND:
            self._begin_ending(EndReason.BACKEND_ERROR, now, drain=False)

    def _apologise(self, now: float) -> None:
        self._talk.speak(self.setup.context.apology, now, by_house=True)
        self._begin_ending(EndReason.BACKEND_ERROR, now, drain=True)

    def on_backend_expiring(self, event: ev.BackendExpiring, now: float) -> None:
        """The next quiet moment is used: what the caller says meanwhile waits for the new session."""
        if not self._stale(event.generation):
            self._renew_mind = True

    def on_backend_replaced(self, event: ev.BackendReplaced, now: float) -> None:
        if self.state in (CallState.RINGING, CallState.LIVE):
            self._talk.replace_backend(event.name)

    def _open_if_due(self, now: float) -> None:
        """Say the first words as soon as somebody hears them and a mind is there to say them."""
        if self.state is CallState.LIVE and self._talk.opened and self._opening.take():
            self._talk.request_response(now, self._opening.instructions)

    # --- the house ---

    def on_leg_added(self, event: ev.LegAdded, now: float) -> None:
        if self.state not in (CallState.RINGING, CallState.LIVE):
            self._out.append(HangUp(event.leg, self.end_reason or EndReason.OPERATOR))
            return
        self.legs.add(event.leg)
        self._routes.add((speaker, event.leg) for speaker in event.hears)
        self._reroute(now)

    def on_routes_requested(self, event: ev.RoutesRequested, now: float) -> None:
        known = self.legs | {AGENT}
        self._routes.replace(pair for pair in event.pairs if known.issuperset(pair))
        self._reroute(now)

    def on_hold_requested(self, event: ev.HoldRequested, now: float) -> None:
        if self.state is CallState.LIVE and event.leg in self.legs and event.on != self._routes.is_held(event.leg):
            self._routes.hold(event.leg, event.on)
            if event.on:
                self._reroute(now)
            self._out.append(HoldLeg(event.leg, event.on))
            if not event.on:
                self._reroute(now)

    def _reroute(self, now: float) -> None:
        if self.state is CallState.LIVE:
            self._talk.voice.set_hearers(self._routes.hearers(AGENT), now)

    def on_hang_up_requested(self, event: ev.HangUpRequested, now: float) -> None:
        if self.state in (CallState.RINGING, CallState.LIVE):
            self._begin_ending(event.reason, now, drain=event.drain and self.state is CallState.LIVE)
        elif not event.drain and not self._hung_up and self.state is CallState.ENDING:
            self._hang_up_all(now)

    def on_say_requested(self, event: ev.SayRequested, now: float) -> None:
        if self.state is CallState.LIVE:
            self._talk.speak(event.text, now)

    def on_inject_requested(self, event: ev.InjectRequested, now: float) -> None:
        if self.state is CallState.LIVE:
            self._talk.inject(event.text, event.role)

    def on_dtmf_requested(self, event: ev.DtmfRequested, now: float) -> None:
        if self.state is CallState.LIVE and event.leg in self.legs:
            self._out.append(SendDtmf(event.leg, event.digits))

    def on_commit_requested(self, event: ev.CommitRequested, now: float) -> None:
        if self.state is CallState.LIVE and not self._talk.lost:
            self._out.append(CommitBackend(self._talk.generation))

    def on_spoken_done(self, event: ev.SpokenDone, now: float) -> None:
        self._talk.spoken(event.item_id)

    # --- time and the end ---

    def on_time_passed(self, event: ev.TimePassed, now: float) -> None:
        self._talk.time_passed(now)
        if self._talk.overdue(now):
            self._out.append(CloseBackend(self._talk.generation))
            self._lose_mind("it kept silent", True, now)
        self._opening.time_passed(now)
        self._open_if_due(now)
        if self.state is CallState.LIVE:
            self._give_up(self._dead_ends.time_passed(now), now)
        if self.state is CallState.LIVE:
            due = self._limits.time_passed(now)
            if due is not None:
                self._limit_reached(*due, now)
        if self._drain_until is not None and now >= self._drain_until and not self._hung_up:
            self._hang_up_all(now)
        if self._gone_by is not None and now >= self._gone_by:
            self._finish(self.end_reason or EndReason.CARRIER_ERROR, now)

    def _limit_reached(self, due: Due, words: str, now: float) -> None:
        if due is Due.IDLE_PROMPT:
            self._talk.speak(words, now)
        elif due is Due.IDLE_GOODBYE:
            self._talk.speak(words, now)
            self._begin_ending(EndReason.IDLE_TIMEOUT, now, drain=True)
        elif due is Due.ABSOLUTE_SILENCE:
            self._begin_ending(EndReason.ABSOLUTE_SILENCE, now, drain=False)
        else:
            self._talk.speak(self.setup.context.time_up, now)
            self._begin_ending(EndReason.MAX_DURATION, now, drain=True)

    def _begin_ending(self, reason: EndReason, now: float, drain: bool) -> None:
        if self.state not in (CallState.RINGING, CallState.LIVE):
            return
        self.state = change(self.state, CallState.ENDING)
        self.end_reason = reason
        self._opening.give_up()
        self._talk.end_turns()
        if drain and self.answered and self.legs:
            self._drain_until = now + DRAIN_SECONDS
        else:
            self._hang_up_all(now)

    def _hang_up_all(self, now: float) -> None:
        self._hung_up = True
        self._drain_until = None
        reason = self.end_reason or EndReason.OPERATOR
        for leg in sorted(self.legs):
            self._out.append(HangUp(leg, reason))
        self._talk.close()
        if self.legs:
            self._gone_by = now + HANGUP_SECONDS
        else:
            self._finish(reason, now)

    def _finish(self, reason: EndReason, now: float) -> None:
        if self.state in (CallState.RINGING, CallState.LIVE):
            self.state = change(self.state, CallState.ENDING)
        if not self._hung_up:
            self._hung_up = True
            self._talk.close()
        self.end_reason = reason
        self.state = change(self.state, CallState.ENDED)
        self._out.append(EndCall(self._outcome(reason), reason))

    def abort(self) -> Outcome:
        """The host takes the call down at once (its task was cancelled): what it amounted to so far."""
        self.end_reason = self.end_reason or EndReason.SHUTDOWN
        self.state = CallState.ENDED
        return self._outcome(self.end_reason)

    def _outcome(self, reason: EndReason) -> Outcome:
        return outcome_of(self.setup.direction, self.answered, self.answered_by, self._cause, reason)
