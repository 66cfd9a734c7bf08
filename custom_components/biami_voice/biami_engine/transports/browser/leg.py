"""One person at a page: what the page says becomes events, what the call orders becomes messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ...audio.frame import PCM16_24K, Audio
from ...core.events import (
    Answered,
    CallerAudio,
    CallEvent,
    Cleared,
    CommitRequested,
    Dtmf,
    LegLost,
    Played,
    RemoteHangup,
)
from ...errors import TransportError
from ...interface import Clock, Direction, EndReason, RejectReason, TimerHandle
from ...streams import EventStream
from . import messages
from .playout import PagePlayout
from .socket import NORMAL, SocketWriter

MAX_CLEAR_SECONDS = 0.5
"""A page that does not answer a `clear` by then is taken to have played what it last reported."""


class BrowserLeg:
    direction = Direction.INBOUND
    audio_format = PCM16_24K

    def __init__(self, call_id: str, line: str, context: str | None, writer: SocketWriter, clock: Clock) -> None:
        self.id = f"{call_id}-1"
        self.call_id = call_id
        self.line = line
        self.from_ = "browser"
        self.to = line
        self.provider_id: str | None = None
        self.context = context
        self.over = False
        self._answered = False
        self._held = False
        self._writer = writer
        self._clock = clock
        self._events: EventStream[CallEvent] = EventStream()
        self._playout = PagePlayout()
        self._timer: TimerHandle | None = None
        self._clears: dict[int, TimerHandle] = {}
        self._announced: tuple[str, int] | None = None

    def events(self) -> AsyncIterator[CallEvent]:
        return self._events

    # --- orders of the call ------------------------------------------------------------------------------------------

    def answer(self) -> None:
        if self.over or self._answered:
            return
        self._answered = True
        self._tell(messages.Started(self.call_id))
        self._events.put(Answered(self.id))

    def reject(self, reason: RejectReason) -> None:
        self._finish(reason.value, RemoteHangup(self.id, "busy" if reason is RejectReason.BUSY else "canceled"))

    def play(self, item_id: str, audio: Audio) -> None:
        if not self.over and self._playout.put(item_id, audio):
            self._pump()

    def clear(self) -> None:
        if self.over:
            return
        epoch = self._playout.clear()
        self._writer.drop_audio()
        self._tell(messages.Clear(epoch))
        self._announced = None
        deadline = self._clock.monotonic() + MAX_CLEAR_SECONDS
        self._clears[epoch] = self._clock.call_at(deadline, lambda: self._cleared(epoch))

    def hold(self, on: bool) -> None:
        """On hold neither side hears the other; what waits is kept."""
        self._held = on
        self._tell(messages.Held(on))
        self._pump()

    def send_dtmf(self, digits: str) -> None:
        raise TransportError("a browser line has no keys to press at the far end")

    def transfer(self, target: str) -> None:
        raise TransportError("a browser line cannot be transferred")

    def hang_up(self, reason: EndReason) -> None:
        self._finish(reason.value, RemoteHangup(self.id))

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Let the page know of something in its call (a transcript, a state)."""
        if not self.over:
            self._tell(messages.Told(name, data))

    # --- words of the page -------------------------------------------------------------------------------------------

    def hear(self, samples: bytes) -> None:
        if self._answered and not self._held:
            self._events.put(CallerAudio(self.id, Audio(PCM16_24K, samples)))

    def receive(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.PlayedReport(item_id, ms):
                self._played(item_id, ms)
            case messages.ClearedReport(epoch):
                self._cleared(epoch)
            case messages.KeyPressed(digit):
                self._events.put(Dtmf(self.id, digit))
            case messages.TurnCommitted():
                self._events.put(CommitRequested())
            case messages.HungUp():
                self._finish(EndReason.CALLER_HANGUP.value, RemoteHangup(self.id))

    def left(self) -> None:
        """The page said goodbye by closing its socket (RFC 6455: 1000, 1001)."""
        self._finish(EndReason.CALLER_HANGUP.value, RemoteHangup(self.id))

    def lost(self, detail: str) -> None:
        self._finish(EndReason.CARRIER_ERROR.value, LegLost(self.id, detail))

    # -----------------------------------------------------------------------------------------------------------------

    def _played(self, item_id: str, ms: float) -> None:
        position = self._playout.heard(item_id, ms)
        if position is not None:
            self._events.put(Played(self.id, item_id, position))
            self._pump()

    def _cleared(self, epoch: int) -> None:
        for ended in [ended for ended in self._clears if ended <= epoch]:
            self._clears.pop(ended).cancel()
            self._playout.settle(ended)
            self._events.put(Cleared(self.id))

    def _pump(self) -> None:
        """Send what is due and set the one timer for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.over or self._held:
            return
        now = self._clock.monotonic()
        for piece in self._playout.take(now):
            self._announce(piece.item_id)
            self._writer.put(piece.audio.payload)
        due = self._playout.next_due(now)
        if due is not None:
            self._timer = self._clock.call_at(due, self._pump)

    def _announce(self, item_id: str) -> None:
        current = (item_id, self._playout.epoch)
        if current != self._announced:
            self._announced = current
            self._tell(messages.Item(*current))

    def _tell(self, message: messages.ServerMessage) -> None:
        self._writer.put(messages.encode(message))

    def _finish(self, reason: str, event: RemoteHangup | LegLost) -> None:
        if self.over:
            return
        self._tell(messages.Ended(reason))
        self.over = True
        self._writer.close(NORMAL)
        for timer in (*self._clears.values(), *((self._timer,) if self._timer else ())):
            timer.cancel()
        self._clears.clear()
        self._timer = None
        self._events.put(event)
        self._events.close()
