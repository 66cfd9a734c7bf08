"""What the house asks of a call: routes, hold, words, keys, its end."""

from __future__ import annotations

from ..interface import EndReason
from . import events as ev
from .call import Call
from .commands import CommitBackend, HangUp, HoldLeg, SendDtmf
from .handlers import Handlers
from .routes import AGENT
from .states import CallState


class HouseEvents:
    def __init__(self, call: Call) -> None:
        self.call = call

    def handlers(self) -> Handlers:
        return {
            ev.LegAdded: self.on_leg_added,
            ev.RoutesRequested: self.on_routes_requested,
            ev.HoldRequested: self.on_hold_requested,
            ev.HangUpRequested: self.on_hang_up_requested,
            ev.SayRequested: self.on_say_requested,
            ev.InjectRequested: self.on_inject_requested,
            ev.DtmfRequested: self.on_dtmf_requested,
            ev.CommitRequested: self.on_commit_requested,
        }

    def on_leg_added(self, event: ev.LegAdded, now: float) -> None:
        if not self.call.ongoing:
            self.call.out.append(HangUp(event.leg, self.call.end_reason or EndReason.OPERATOR))
            return
        self.call.legs.add(event.leg)
        self.call.routes.add((speaker, event.leg) for speaker in event.hears)
        self.call.reroute(now)

    def on_routes_requested(self, event: ev.RoutesRequested, now: float) -> None:
        known = self.call.legs | {AGENT}
        self.call.routes.replace(pair for pair in event.pairs if known.issuperset(pair))
        self.call.reroute(now)

    def on_hold_requested(self, event: ev.HoldRequested, now: float) -> None:
        if self.call.live and event.leg in self.call.legs and event.on != self.call.routes.is_held(event.leg):
            self.call.routes.hold(event.leg, event.on)
            if event.on:
                self.call.reroute(now)
            self.call.out.append(HoldLeg(event.leg, event.on))
            if not event.on:
                self.call.reroute(now)

    def on_hang_up_requested(self, event: ev.HangUpRequested, now: float) -> None:
        if self.call.ongoing:
            self.call.begin_ending(event.reason, now, drain=event.drain and self.call.live)
        elif not event.drain and not self.call.hung_up and self.call.state is CallState.ENDING:
            self.call.hang_up_all(now)

    def on_say_requested(self, event: ev.SayRequested, now: float) -> None:
        if self.call.live:
            self.call.talk.speak(event.text, now)

    def on_inject_requested(self, event: ev.InjectRequested, now: float) -> None:
        if self.call.live:
            self.call.talk.inject(event.text, event.role)

    def on_dtmf_requested(self, event: ev.DtmfRequested, now: float) -> None:
        if self.call.live and event.leg in self.call.legs:
            self.call.out.append(SendDtmf(event.leg, event.digits))

    def on_commit_requested(self, event: ev.CommitRequested, now: float) -> None:
        if self.call.live and not self.call.talk.lost:
            self.call.out.append(CommitBackend(self.call.talk.generation))
