"""What a wire must do: `Transport` makes legs, a `Leg` is one party of a call.

Sends are plain functions that never wait: they put into the socket's bounded writer and keep their order. A leg reports
what was heard with `Played`; it owns pacing. `TransportCapabilities` says what a wire cannot do; asking for
it anyway raises `TransportError`, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ..audio.frame import Audio, AudioFormat
from ..core.events import CallEvent
from ..interface import Clock, Direction, EndReason, RejectReason
from ..interface import LedgerEntry as LedgerEntry


@dataclass(frozen=True, slots=True)
class TransportCapabilities:
    audio_format: AudioFormat
    """What its legs speak and want to hear."""
    dials: bool = True
    dtmf_out: bool = True
    hold: bool = True
    transfer: bool = False
    clears_remotely: bool = False
    """The far end buffers, knows `clear` and echoes marks (Twilio): audio is sent at once, not paced."""


@dataclass(frozen=True, slots=True)
class DialRequest:
    """`to` and `from_` are E.164; `time_limit_seconds` is the carrier's own guard and always set."""

    call_id: str
    leg_id: str
    to: str
    from_: str
    time_limit_seconds: int
    ring_seconds: int = 30
    send_digits: str | None = None
    detect_machine: bool = False
    """Ask the carrier who picks up (Twilio: asynchronous AMD, billed per call); the answer is `AnsweredByDetected`."""


class Leg(Protocol):
    """One party of a call, alive from ringing to hang-up; a Twilio leg outlives its media stream."""

    id: str
    call_id: str
    line: str
    direction: Direction
    from_: str
    to: str
    provider_id: str | None
    """The carrier's id (CallSid), None until it is known."""
    audio_format: AudioFormat

    def events(self) -> AsyncIterator[CallEvent]:
        """Every event of this leg, once, for one reader; ends after `RemoteHangup` or `LegLost`."""
        ...

    def answer(self) -> None: ...
    def reject(self, reason: RejectReason) -> None: ...
    def play(self, item_id: str, audio: Audio) -> None: ...

    def clear(self) -> None:
        """Drop what was sent and not heard; then report the final `Played` of each dropped item and one `Cleared`."""
        ...

    def hold(self, on: bool) -> None: ...
    def send_dtmf(self, digits: str) -> None: ...
    def transfer(self, target: str) -> None: ...
    def hang_up(self, reason: EndReason) -> None: ...


@runtime_checkable
class ContextChoice(Protocol):
    """A leg whose far end chose a context itself (the page); None: the line's own."""

    context: str | None


@runtime_checkable
class Informed(Protocol):
    """A leg whose far end is told what happens in its call: transcripts, states."""

    def tell(self, name: str, data: Mapping[str, Any]) -> None: ...


class Transport(Protocol):
    """A line's wire."""

    capabilities: TransportCapabilities

    async def start(self, on_incoming: Callable[[Leg], None]) -> None:
        """Close legs that a former life of this process left open, then report each ringing leg to `on_incoming`."""
        ...

    async def dial(self, request: DialRequest) -> Leg:
        """Dial; the intent is durable before the carrier hears of it. Raises `TransportError` where it refuses."""
        ...

    async def stop(self) -> None:
        """Hang up what is left and release every socket and task."""
        ...


class Ledger(Protocol):
    """Durable knowledge of which legs at a carrier are ours. Each write is on disk when it returns."""

    async def record_intent(self, entry: LedgerEntry) -> None:
        """Before the carrier hears of the call."""
        ...

    async def record_leg(self, leg_id: str, provider_id: str) -> None:
        """The carrier's id became known for an intent."""
        ...

    async def record_end(self, leg_id: str) -> None:
        """The leg is over at the carrier."""
        ...

    async def open_entries(self, line: str) -> Sequence[LedgerEntry]:
        """Legs of this line that have no end and belong to this owner, or to one whose lease ran out."""
        ...

    async def knows(self, provider_id: str) -> bool:
        """Whether this carrier id was ever ours."""
        ...


@dataclass(slots=True)
class TransportServices:
    """What the engine lends to a transport."""

    clock: Clock
    ledger: Ledger
    public_url: str
    """Where the carrier reaches us, without a trailing slash; empty where nothing is reachable."""
    token_key: bytes = field(repr=False)
    """Signs stream tokens; lives as long as the installation."""
    owner: str
    """Names this process in tokens, media URLs and the ledger."""
    max_call_seconds: int = 900
