"""The state of one call, and the only ways it can end. Who hears which event is in `leg_events`, `mind_events` and
`house_events`; they all change a call through here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..config import ContextConfig
from ..interface import AnsweredBy, Direction, EndReason, Outcome, RejectReason
from .commands import Command, EndCall, HangUp, Report, TransferLeg
from .conversation import Conversation
from .dead_ends import DeadEnd, DeadEnds
from .failover import Failover
from .limits import Limits
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


class Call:
    """Commands go to `out`, in order."""

    def __init__(self, setup: CallSetup) -> None:
        self.setup = setup
        self.state = CallState.RINGING
        self.legs: set[str] = {setup.leg}
        self.answered = False
        self.answered_by = AnsweredBy.UNKNOWN
        self.end_reason: EndReason | None = None
        self.cause = "completed"
        """Terminal call status of the first leg where it was never answered."""
        self.out: list[Command] = []
        self.routes = RouteTable(conversation(setup.leg) if setup.with_agent else ())
        self.talk = Conversation(setup.leg, setup.context, self.out, setup.tools)
        self.limits = Limits(setup.context.idle)
        self.opening = Opening(setup.context)
        self.dead_ends = DeadEnds(setup.context.language)
        self.transfer = Transfer()
        self.failover = Failover(setup.context.failover)
        self.words_come = False
        """The caller's words are known: from now on a voice without any is no proof that somebody is there."""
        self.renew_mind = False
        self.message_left = False
        self.drain_until: float | None = None
        self.gone_by: float | None = None
        self.hung_up = False

    @property
    def live(self) -> bool:
        return self.state is CallState.LIVE

    @property
    def ongoing(self) -> bool:
        """Neither over nor ending."""
        return self.state in (CallState.RINGING, CallState.LIVE)

    @property
    def next_deadline(self) -> float | None:
        deadlines = [self.talk.next_deadline, self.opening.listens_until, self.drain_until, self.gone_by]
        if self.live:
            deadlines += [self.limits.next_deadline, self.dead_ends.next_deadline, self.transfer.next_deadline]
        return min((at for at in deadlines if at is not None), default=None)

    def reroute(self, now: float) -> None:
        """The routes changed: who hears the agent now?"""
        if self.live:
            self.talk.voice.set_hearers(self.routes.hearers(AGENT), now)

    def caller_speaks(self, now: float, ago_ms: float) -> None:
        """A witness heard the caller begin."""
        if not self.live:
            return
        self.limits.caller_heard(now, understood=not self.words_come)
        self.dead_ends.caller_speaks()
        self.opening.caller_spoke()
        self.talk.speech_started(now, ago_ms)

    def open_if_due(self, now: float) -> None:
        """Say the first words as soon as somebody hears them and a mind is there to say them."""
        if self.live and self.talk.opened and self.opening.take():
            self.talk.request_response(now, self.opening.instructions)

    def transfer_if_due(self, now: float) -> None:
        contact = self.transfer.take(now, self.talk.silent_for_good)
        if contact is not None:
            self.out.append(Report("transferring", {"leg": self.setup.leg, "contact": contact}))
            self.out.append(TransferLeg(self.setup.leg, contact))

    def give_up(self, dead_end: DeadEnd | None, now: float) -> None:
        if dead_end is None or not self.live:
            return
        self.out.append(Report("dead_end", {"kind": dead_end.value}))
        reason = EndReason.AGENT_HANGUP if dead_end is DeadEnd.GOODBYE else EndReason.IDLE_TIMEOUT
        self.begin_ending(reason, now, drain=True)

    def lose_mind(self, detail: str, retriable: bool, now: float) -> None:
        """Never silence: the house's own voice speaks while another mind comes, or before the call ends."""
        generation = self.talk.generation
        self.talk.backend_lost()
        self.out.append(Report("backend_lost", {"generation": generation, "detail": detail}))
        if not self.ongoing:
            return
        step = self.failover.next(retriable)
        if step is not None:
            if self.live:
                self.talk.speak(self.setup.context.failover.words, now, by_house=True)
            self.talk.replace_backend(step.name or self.setup.backend)
        elif self.live and self.setup.context.failover.transfer and self.transfer.contact is None:
            self.talk.speak(self.setup.context.failover.words, now, by_house=True)
            self.transfer.ask(self.setup.context.failover.transfer, now)
        elif self.live:
            self.apologise(now)
        elif self.setup.direction is Direction.OUTBOUND:
            self.begin_ending(EndReason.BACKEND_ERROR, now, drain=False)

    def apologise(self, now: float) -> None:
        self.talk.speak(self.setup.context.apology, now, by_house=True)
        self.begin_ending(EndReason.BACKEND_ERROR, now, drain=True)

    def begin_ending(self, reason: EndReason, now: float, drain: bool) -> None:
        if not self.ongoing:
            return
        self.state = change(self.state, CallState.ENDING)
        self.end_reason = reason
        self.opening.give_up()
        self.talk.end_turns()
        if drain and self.answered and self.legs:
            self.drain_until = now + DRAIN_SECONDS
        else:
            self.hang_up_all(now)

    def hang_up_all(self, now: float) -> None:
        self.hung_up = True
        self.drain_until = None
        reason = self.end_reason or EndReason.OPERATOR
        for leg in sorted(self.legs):
            self.out.append(HangUp(leg, reason))
        self.talk.close()
        if self.legs:
            self.gone_by = now + HANGUP_SECONDS
        else:
            self.finish(reason, now)

    def finish(self, reason: EndReason, now: float) -> None:
        if self.ongoing:
            self.state = change(self.state, CallState.ENDING)
        if not self.hung_up:
            self.hung_up = True
            self.talk.close()
        self.end_reason = reason
        self.state = change(self.state, CallState.ENDED)
        self.out.append(EndCall(self.outcome(reason), reason))

    def abort(self) -> Outcome:
        """The host takes the call down at once (its task was cancelled): what it amounted to so far."""
        self.end_reason = self.end_reason or EndReason.SHUTDOWN
        self.state = CallState.ENDED
        return self.outcome(self.end_reason)

    def outcome(self, reason: EndReason) -> Outcome:
        return outcome_of(self.setup.direction, self.answered, self.answered_by, self.cause, reason, self.message_left)
