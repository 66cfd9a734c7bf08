"""A line inside the process: a phone whose ear and mouth are function calls, paced by the clock like a real one.

Previews use it, and the contract tests: everything that must hold for a call is shown here without a wire.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from ..audio.frame import PCMU_8K, Audio
from ..audio.playout import PlayoutBuffer
from ..config import LoopbackLine
from ..core.events import Answered, CallerAudio, CallEvent, Cleared, Dtmf, LegLost, Played, RemoteHangup, Ringing
from ..errors import TransportError
from ..interface import Clock, Direction, EndReason, RejectReason, TimerHandle
from ..streams import EventStream
from .port import DialRequest, Leg, TransportCapabilities, TransportServices

FRAME_MS = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch the phone's ear heard, and when (seconds on the clock, start of the stretch)."""

    at: float
    item_id: str
    audio: Audio


class LoopbackLeg:
    """Our end of a loopback call. `phone` is the far end."""

    audio_format = PCMU_8K

    def __init__(self, clock: Clock, line: str, call_id: str, leg_id: str, direction: Direction, from_: str, to: str):
        self.id = leg_id
        self.call_id = call_id
        self.line = line
        self.direction = direction
        self.from_ = from_
        self.to = to
        self.provider_id: str | None = f"loop-{leg_id}"
        self.phone = LoopbackPhone(self, clock)
        self.sent_digits = ""
        self.held = False
        self._stream: EventStream[CallEvent] = EventStream()

    def events(self) -> AsyncIterator[CallEvent]:
        return self._stream

    def emit(self, event: CallEvent) -> None:
        self._stream.put(event)
        if isinstance(event, RemoteHangup | LegLost):
            self._stream.close()

    def answer(self) -> None:
        self.phone.connect()

    def reject(self, reason: RejectReason) -> None:
        self.phone.rejected = reason
        self.phone.disconnect("busy" if reason is RejectReason.BUSY else "rejected")

    def play(self, item_id: str, audio: Audio) -> None:
        self.phone.receive(item_id, audio)

    def clear(self) -> None:
        self.phone.drop_unheard()
        self.emit(Cleared(self.id))

    def hold(self, on: bool) -> None:
        """On hold neither side hears the other; what waits is kept."""
        self.held = on
        self.phone.go_on()

    def send_dtmf(self, digits: str) -> None:
        self.sent_digits += digits

    def transfer(self, target: str) -> None:
        raise TransportError("a loopback line cannot transfer a call")

    def hang_up(self, reason: EndReason) -> None:
        self.phone.disconnect("completed")


class LoopbackPhone:
    """The far end: what it `heard`, and what a person at it can do."""

    def __init__(self, leg: LoopbackLeg, clock: Clock) -> None:
        self.leg = leg
        self.heard: list[Heard] = []
        self.connected = False
        self.over = False
        self.rejected: RejectReason | None = None
        self._clock = clock
        self._queue = PlayoutBuffer(leg.audio_format)
        self._timer: TimerHandle | None = None
        self._next_frame_at = 0.0

    def ring(self) -> None:
        self.leg.emit(Ringing(self.leg.id))

    def pick_up(self) -> None:
        """Answer a call that was dialled to this phone."""
        self.connect()

    def connect(self) -> None:
        if not self.connected and not self.over:
            self.connected = True
            self.leg.emit(Answered(self.leg.id))
            self._schedule()

    def speak(self, audio: Audio) -> None:
        """Say something, frame by frame as far as the leg is concerned at once."""
        if self.connected and not self.over and not self.leg.held:
            self.leg.emit(CallerAudio(self.leg.id, audio))

    def press(self, digit: str) -> None:
        self.leg.emit(Dtmf(self.leg.id, digit))

    def hang_up(self) -> None:
        self.disconnect("completed")

    def not_answer(self) -> None:
        self.disconnect("no-answer")

    def lose_wire(self) -> None:
        """The connection breaks without a goodbye."""
        self._stop()
        self.leg.emit(LegLost(self.leg.id, "the loopback wire was cut"))

    def disconnect(self, cause: str) -> None:
        if not self.over:
            self._stop()
            self.leg.emit(RemoteHangup(self.leg.id, cause))

    def _stop(self) -> None:
        self.over = True
        self.connected = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- the ear ---

    def receive(self, item_id: str, audio: Audio) -> None:
        if not self.over:
            self._queue.write(item_id, audio)
            self._schedule()

    def go_on(self) -> None:
        self._schedule()

    def drop_unheard(self) -> None:
        self._queue.clear()

    def _schedule(self) -> None:
        if self._timer is None and self.connected and not self.leg.held and self._queue.waiting_ms > 0:
            self._next_frame_at = max(self._next_frame_at, self._clock.monotonic())
            self._timer = self._clock.call_at(self._next_frame_at, self._listen)

    def _listen(self) -> None:
        """Hear every frame that is due, on an absolute schedule."""
        self._timer = None
        now = self._clock.monotonic()
        while self._next_frame_at <= now and self._queue.waiting_ms > 0 and not self.leg.held:
            for piece in self._queue.pull(FRAME_MS):
                self.heard.append(Heard(self._next_frame_at, piece.item_id, piece.audio))
                self.leg.emit(Played(self.leg.id, piece.item_id, piece.heard_ms))
            self._next_frame_at += FRAME_MS / 1000
        self._schedule()

    def heard_ms(self, item_id: str) -> float:
        """How much of an item (by the id it was sent under) this ear heard."""
        return sum(heard.audio.duration_ms for heard in self.heard if heard.item_id == item_id)


class LoopbackTransport:
    capabilities = TransportCapabilities(PCMU_8K)

    def __init__(self, line: LoopbackLine, services: TransportServices) -> None:
        self._line = line
        self._clock = services.clock
        self._legs: list[LoopbackLeg] = []
        self._on_incoming: Callable[[Leg], None] | None = None
        self.on_dialled: Callable[[LoopbackPhone, DialRequest], None] | None = None
        """Who is told that a phone rings; it may pick up, be busy, or let it ring."""

    async def start(self, on_incoming: Callable[[Leg], None]) -> None:
        self._on_incoming = on_incoming

    async def dial(self, request: DialRequest) -> Leg:
        leg = LoopbackLeg(
            self._clock,
            self._line.name,
            request.call_id,
            request.leg_id,
            Direction.OUTBOUND,
            request.from_,
            request.to,
        )
        self._remember(leg)
        leg.phone.ring()
        if self.on_dialled is not None:
            self.on_dialled(leg.phone, request)
        return leg

    def call_in(self, from_: str = "loopback", to: str = "house") -> LoopbackPhone:
        """A person calls the house; returns their phone, which rings until it is answered or rejected."""
        if self._on_incoming is None:
            raise TransportError("the loopback line is not started")
        call_id = f"call_{secrets.token_hex(10)}"
        leg = LoopbackLeg(self._clock, self._line.name, call_id, f"{call_id}-1", Direction.INBOUND, from_, to)
        self._remember(leg)
        leg.phone.ring()
        self._on_incoming(leg)
        return leg.phone

    async def stop(self) -> None:
        for leg in self._legs:
            leg.phone.disconnect("completed")
        self._legs.clear()
        self._on_incoming = None

    def _remember(self, leg: LoopbackLeg) -> None:
        self._legs = [known for known in self._legs if not known.phone.over]
        self._legs.append(leg)
