"""`CallSession`: one call as a state machine. Events in, commands out; no I/O, no clock (`now` is an argument).

`receive` never fails on what a peer says: an event that does not fit the present state is ignored. After `EndCall` no
command follows. `call` is the state, `leg_events`, `mind_events` and `house_events` say what follows from each event.
"""

from __future__ import annotations

from ..interface import Direction, EndReason, Outcome
from . import events as ev
from .answer_gate import AnswerGate
from .call import Call, CallSetup
from .commands import AnswerLeg, CloseBackend, Command, RejectLeg
from .handlers import Handlers
from .house_events import HouseEvents
from .leg_events import LegEvents
from .limits import Due
from .mind_events import MindEvents
from .states import CallState

__all__ = ["CallSession", "CallSetup"]


class CallSession:
    def __init__(self, setup: CallSetup) -> None:
        self.call = call = Call(setup)
        self.gate = AnswerGate(call)
        self.handlers: Handlers = {
            **LegEvents(call, self.gate).handlers(),
            **MindEvents(call, self.gate).handlers(),
            **HouseEvents(call).handlers(),
            ev.TimePassed: self.on_time_passed,
        }

    @property
    def setup(self) -> CallSetup:
        return self.call.setup

    @property
    def state(self) -> CallState:
        return self.call.state

    @property
    def end_reason(self) -> EndReason | None:
        return self.call.end_reason

    @property
    def listens_for_beeps(self) -> bool:
        """`BeepHeard` events are wanted."""
        return self.gate.listening

    @property
    def ended(self) -> bool:
        return self.call.state is CallState.ENDED

    @property
    def next_deadline(self) -> float | None:
        """When `TimePassed` is due, in seconds on the call's clock; None: nothing is waited for."""
        deadlines = (self.call.next_deadline, self.gate.next_deadline)
        return None if self.ended else min((at for at in deadlines if at is not None), default=None)

    def start(self, now: float) -> list[Command]:
        """The first commands: open the mind while it rings, answer or refuse."""
        if self.call.setup.reject is not None:
            self.call.out.append(RejectLeg(self.call.setup.leg, self.call.setup.reject))
            self.call.cause = "rejected"
            self.call.finish(EndReason.OPERATOR, now)
            return self._take()
        if self.call.setup.with_agent:
            self.call.talk.open_backend(self.call.setup.backend)
        if self.call.setup.direction is Direction.INBOUND:
            self.call.out.append(AnswerLeg(self.call.setup.leg))
        return self._take()

    def receive(self, event: ev.CallEvent, now: float) -> list[Command]:
        """Hear one event; the commands that follow from it, in order."""
        if self.ended:
            return []
        self.handlers[type(event)](event, now)
        if type(event) is not ev.CallerAudio and not self.ended:
            self._after(now)
        return self._take()

    def abort(self) -> Outcome:
        """The host takes the call down at once (its task was cancelled): what it amounted to so far."""
        return self.call.abort()

    def _take(self) -> list[Command]:
        out = self.call.out[:]
        self.call.out.clear()
        return out

    def _after(self, now: float) -> None:
        away = self.call.transfer.contact is not None or self.call.talk.voice.withheld
        self.call.limits.set_busy(self.call.talk.busy or away, now)
        if self.call.live:
            self.gate.agent_is(self.call.talk.audible, now)
            self.call.dead_ends.agent_silent(now, not self.call.talk.busy)
            self.call.transfer_if_due(now)
        if self.call.renew_mind and self.call.live and not self.call.talk.busy:
            self.call.renew_mind = False
            self.call.talk.replace_backend(self.call.setup.backend)
        if self.call.state is CallState.ENDING and not self.call.hung_up and self.call.talk.silent_for_good:
            self.call.hang_up_all(now)

    def on_time_passed(self, event: ev.TimePassed, now: float) -> None:
        self.call.talk.time_passed(now)
        self.gate.time_passed(now)
        if self.call.talk.overdue(now):
            self.call.out.append(CloseBackend(self.call.talk.generation))
            self.call.lose_mind("it kept silent", True, now)
        self.call.opening.time_passed(now)
        self.call.open_if_due(now)
        if self.call.live:
            self.call.give_up(self.call.dead_ends.time_passed(now), now)
        if self.call.live:
            due = self.call.limits.time_passed(now)
            if due is not None:
                self._limit_reached(*due, now)
        if self.call.drain_until is not None and now >= self.call.drain_until and not self.call.hung_up:
            self.call.hang_up_all(now)
        if self.call.gone_by is not None and now >= self.call.gone_by:
            self.call.finish(self.call.end_reason or EndReason.CARRIER_ERROR, now)

    def _limit_reached(self, due: Due, words: str, now: float) -> None:
        if due is Due.IDLE_PROMPT:
            self.call.talk.speak(words, now)
        elif due is Due.IDLE_GOODBYE:
            self.call.talk.speak(words, now)
            self.call.begin_ending(EndReason.IDLE_TIMEOUT, now, drain=True)
        elif due is Due.ABSOLUTE_SILENCE:
            self.call.begin_ending(EndReason.ABSOLUTE_SILENCE, now, drain=False)
        else:
            self.call.talk.speak(self.call.setup.context.time_up, now)
            self.call.begin_ending(EndReason.MAX_DURATION, now, drain=True)
