"""One party on a Twilio line, from ringing to hang-up. It outlives its media stream: sending keys replaces the TwiML,
which ends one stream and begins another, and the words on their way go on where they stopped."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Coroutine
from enum import Enum, auto
from typing import Any, Protocol

from ...audio.frame import PCMU_8K, Audio
from ...core.events import (
    Answered,
    AnsweredByDetected,
    CallEvent,
    LegLost,
    RemoteHangup,
    Ringing,
    StreamReplaced,
    TransferFailed,
)
from ...errors import TransportError
from ...interface import AnsweredBy, CallStatus, Clock, Direction, EndReason, RejectReason, TimerHandle
from ...streams import EventStream
from . import twiml
from .media import Started
from .socket import MediaSocket
from .status import StatusTracker
from .voice import LegVoice

logger = logging.getLogger(__name__)

STREAM_SECONDS = 30.0
"""From the answer, or from new TwiML, to the `start` of its stream."""
_KEYS = re.compile(r"[0-9A-D*#wW]{1,64}")


class LegHost(Protocol):
    """What a leg asks of its line."""

    clock: Clock

    def connect_twiml(self, leg: TwilioLeg, digits: str = "") -> str:
        """TwiML with a fresh token for this leg's next stream; older tokens of it are void."""
        ...

    def dial_twiml(self, leg: TwilioLeg, number: str) -> str:
        """TwiML that passes the caller on, and asks us how to go on if nobody answers."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...

    async def replace_twiml(self, leg: TwilioLeg, document: str) -> None: ...

    async def final_status(self, leg: TwilioLeg) -> CallStatus | None:
        """The terminal status, asked for and waited for two seconds; None where the call seems to go on."""
        ...

    def leg_over(self, leg: TwilioLeg, at_carrier: bool) -> None:
        """The leg has ended here; unless `at_carrier`, the call is still to be closed there."""
        ...


class _State(Enum):
    RINGING = auto()
    LIVE = auto()
    OVER = auto()


class TwilioLeg:
    audio_format = PCMU_8K

    def __init__(
        self, host: LegHost, leg_id: str, call_id: str, line: str, direction: Direction, from_: str, to: str
    ) -> None:
        self.id = leg_id
        self.call_id = call_id
        self.line = line
        self.direction = direction
        self.from_ = from_
        self.to = to
        self.provider_id: str | None = None
        self.status = StatusTracker()
        self.nonce = ""
        """Of the one token that may begin a stream now; empty: none may."""
        self._document: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._host = host
        self._clock = host.clock
        self._state = _State.RINGING
        self._events: EventStream[CallEvent] = EventStream()
        self.voice = LegVoice(leg_id, host.clock, self._events.put, self._stalled)
        self._keys = ""
        self._replacing = False
        self._away = False
        """The caller was passed on: no stream of this leg is expected."""
        self._stream_timer: TimerHandle | None = None

    def events(self) -> AsyncIterator[CallEvent]:
        return self._events

    @property
    def over(self) -> bool:
        return self._state is _State.OVER

    async def decision(self) -> str:
        """The TwiML that the voice webhook of an incoming call answers, once the call has decided."""
        return await asyncio.shield(self._document)

    # --- orders of the call ------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """An incoming call is handed to the media stream; an outgoing one has nothing to answer."""
        if not self.over and not self._document.done() and self.direction is Direction.INBOUND:
            self._document.set_result(self._host.connect_twiml(self))
            self._expect_stream()

    def reject(self, reason: RejectReason) -> None:
        if self._decide(twiml.reject(reason)):
            cause = CallStatus.BUSY if reason is RejectReason.BUSY else CallStatus.CANCELED
            self._finish(RemoteHangup(self.id, cause.value), at_carrier=True)
        else:
            self.hang_up(EndReason.AGENT_HANGUP)

    def play(self, item_id: str, audio: Audio) -> None:
        if audio.format != PCMU_8K:
            raise ValueError(f"a Twilio leg plays {PCMU_8K}, not {audio.format}")
        if not self.over:
            self.voice.play(item_id, audio)

    def clear(self) -> None:
        if not self.over:
            self.voice.clear()

    def hold(self, on: bool) -> None:
        """On hold neither side hears the other; what was not heard yet is kept."""
        if not self.over:
            self.voice.hold(on)

    def send_dtmf(self, digits: str) -> None:
        if _KEYS.fullmatch(digits) is None:
            raise TransportError(f"{digits!r} are not keys: 0-9 A-D * #, w and W for pauses")
        if self._state is not _State.LIVE:
            raise TransportError("keys can be sent on an answered call only")
        self._keys += digits
        if not self._replacing:
            self._replacing = True
            self._host.spawn(self._replace_stream())

    def transfer(self, target: str) -> None:
        """Ring another number for the far end: `TransferFailed` where nobody takes it, else the call is theirs."""
        if self._state is not _State.LIVE or self._away:
            raise TransportError("an answered call can be passed on, and only once at a time")
        self._away = True
        self._host.spawn(self._pass_on(target))

    def hang_up(self, reason: EndReason) -> None:
        if self.over:
            return
        rejected = self._decide(twiml.hang_up())
        self._finish(RemoteHangup(self.id, CallStatus.COMPLETED.value), at_carrier=rejected)

    # --- the media stream --------------------------------------------------------------------------------------------

    def bind(self, socket: MediaSocket, started: Started) -> None:
        """A stream proved its token."""
        self.nonce = ""
        self._cancel_stream_timer()
        self.status.advance(CallStatus.IN_PROGRESS)
        self._events.put(StreamReplaced(self.id) if self._state is _State.LIVE else Answered(self.id))
        self._state = _State.LIVE
        self.voice.begin(socket, started.stream_sid)
        self._replacing = bool(self._keys)
        if self._replacing:
            self._host.spawn(self._replace_stream())

    def unbind(self, socket: MediaSocket) -> None:
        """A stream stopped or its socket closed."""
        if self.voice.end(socket) and self._state is _State.LIVE and not (self._replacing or self._away):
            self._host.spawn(self._conclude("the media stream was closed"))

    # --- words of the carrier ----------------------------------------------------------------------------------------

    def status_changed(self, status: CallStatus) -> None:
        if self.over or not self.status.advance(status):
            return
        if status.terminal:
            self._finish(RemoteHangup(self.id, status.value), at_carrier=True)
        elif status is CallStatus.RINGING:
            self._events.put(Ringing(self.id))
        elif status is CallStatus.IN_PROGRESS and self._state is _State.RINGING:
            self._expect_stream()

    def dialled(self, status: str) -> str:
        """How the dialling of a transfer ended (`DialCallStatus`); the TwiML with which the call goes on."""
        if self.over or not self._away:
            return twiml.hang_up()
        if status in ("completed", "answered"):
            # An incoming call has no status callback of its own (8.1): this is the last that is heard of it.
            self._finish(RemoteHangup(self.id, CallStatus.COMPLETED.value), at_carrier=True)
            return twiml.hang_up()
        self._away = False
        self._replacing = True
        self._events.put(TransferFailed(self.id, status))
        self._expect_stream()
        return self._host.connect_twiml(self)

    def answered_by(self, who: AnsweredBy, greeting_over: bool = False) -> None:
        self._events.put(AnsweredByDetected(self.id, who, greeting_over))

    def ring(self) -> None:
        """An incoming call waits for its answer."""
        self.status.advance(CallStatus.RINGING)
        self._events.put(Ringing(self.id))

    def lose(self, detail: str, at_carrier: bool = False) -> None:
        """The wire broke, or the carrier refused."""
        self._finish(LegLost(self.id, detail), at_carrier)

    # -----------------------------------------------------------------------------------------------------------------

    def _decide(self, document: str) -> bool:
        """Answer the voice webhook if it still waits; False where there is nothing to decide."""
        if self.direction is Direction.OUTBOUND or self._document.done():
            return False
        self._document.set_result(document)
        return True

    async def _replace_stream(self) -> None:
        """Let Twilio press the keys: `<Play digits>`, then `<Connect>` again. The old stream plays until it stops."""
        keys, self._keys = self._keys, ""
        try:
            await self._host.replace_twiml(self, self._host.connect_twiml(self, keys))
        except TransportError as error:
            logger.warning("%s: the keys could not be sent: %s", self.call_id, error)
            self._replacement_failed()
            return
        if self._replacing:
            self._expect_stream()

    async def _pass_on(self, number: str) -> None:
        try:
            await self._host.replace_twiml(self, self._host.dial_twiml(self, number))
        except TransportError as error:
            logger.warning("%s: the caller could not be passed on: %s", self.call_id, error)
            self._away = False
            self._events.put(TransferFailed(self.id, str(error)))
            if not self.voice.connected and not self.over:
                self._host.spawn(self._conclude("the media stream was closed"))

    def _replacement_failed(self) -> None:
        self._replacing = False
        self.nonce = ""
        if not self.voice.connected and not self.over:
            self._host.spawn(self._conclude("no media stream followed the keys that were sent"))

    def _expect_stream(self) -> None:
        self._cancel_stream_timer()
        if not self.over:
            due = self._clock.monotonic() + STREAM_SECONDS
            self._stream_timer = self._clock.call_at(due, self._stream_overdue)

    def _stream_overdue(self) -> None:
        self._stream_timer = None
        if self._state is _State.LIVE:
            self._replacement_failed()
        elif not self.over:
            self._host.spawn(self._conclude("no media stream began"))

    async def _conclude(self, detail: str) -> None:
        """A stream ended unplanned: did the other side hang up, or did the wire break?"""
        status = await self._host.final_status(self)
        if self.over:
            return
        if status is not None and self.status.advance(status):
            self._finish(RemoteHangup(self.id, status.value), at_carrier=True)
        else:
            self._finish(LegLost(self.id, detail), at_carrier=False)

    def _stalled(self) -> None:
        self.lose("the carrier's media socket reads no more")

    def _cancel_stream_timer(self) -> None:
        if self._stream_timer is not None:
            self._stream_timer.cancel()
            self._stream_timer = None

    def _finish(self, event: RemoteHangup | LegLost, at_carrier: bool) -> None:
        if self.over:
            return
        self._state = _State.OVER
        self.nonce = ""
        self._cancel_stream_timer()
        self._decide(twiml.hang_up())
        self.voice.stop()
        self._events.put(event)
        self._events.close()
        self._host.leg_over(self, at_carrier)
