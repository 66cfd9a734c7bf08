"""The public types: what a host asks of the engine and what it hears back.

Words are those of the field: call `status` is Twilio's, `outcome`, `end_reason` and `answered_by` are fixed lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class CallStatus(StrEnum):
    """Twilio's words (Call resource, `Status`). The last five are terminal and never left."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        return self not in (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS)


class Outcome(StrEnum):
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    DECLINED = "declined"
    VOICEMAIL_LEFT = "voicemail_left"
    VOICEMAIL_NO_MESSAGE = "voicemail_no_message"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    SCREENED = "screened"
    WRONG_NUMBER = "wrong_number"
    TRANSFERRED = "transferred"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    BUDGET_REACHED = "budget_reached"


class EndReason(StrEnum):
    CALLER_HANGUP = "caller_hangup"
    AGENT_HANGUP = "agent_hangup"
    IDLE_TIMEOUT = "idle_timeout"
    ABSOLUTE_SILENCE = "absolute_silence"
    MAX_DURATION = "max_duration"
    BUDGET = "budget"
    TRANSFER = "transfer"
    BACKEND_ERROR = "backend_error"
    CARRIER_ERROR = "carrier_error"
    SHUTDOWN = "shutdown"
    OPERATOR = "operator"


class AnsweredBy(StrEnum):
    HUMAN = "human"
    VOICEMAIL = "voicemail"
    SCREENING = "screening"
    IVR = "ivr"
    NO_MESSAGE = "no_message"
    UNKNOWN = "unknown"


class RejectReason(StrEnum):
    """Why an incoming call is not taken; a wire maps it to its own words (Twilio: busy | rejected)."""

    BUSY = "busy"
    DECLINED = "declined"
    NOT_FOUND = "not_found"


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Role(StrEnum):
    """Who speaks in a transcript or injects text into a conversation."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to place. `to` is a number in any form the line's region can read, or a contact's name.

    `variables` fill the context's prompt; `questions` are asked and answered (id, question,
    type, options, required); `idempotency_key` makes a repeated request return the first call instead of dialling.
    """

    to: str
    context: str | None = None
    line: str | None = None
    from_: str | None = None
    goal: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    questions: Sequence[Mapping[str, Any]] = ()
    send_digits: str | None = None
    ring_seconds: int = 30
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One turn as it was heard. `at_ms` counts from the answer of the call; `interrupted` cuts an agent's sentence."""

    role: Role
    text: str
    at_ms: int
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A snapshot of one call. Times are aware UTC, durations seconds; `provider_id` is Twilio's CallSid."""

    id: str
    direction: Direction
    line: str
    context: str
    status: CallStatus
    from_: str
    to: str
    created_at: datetime
    provider_id: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: AnsweredBy = AnsweredBy.UNKNOWN
    outcome: Outcome | None = None
    end_reason: EndReason | None = None
    goal: str | None = None
    transcript: tuple[TranscriptLine, ...] = ()

    @property
    def duration_seconds(self) -> float:
        """From answer to end; 0 before the end or when it was never answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0.0
        return (self.ended_at - self.answered_at).total_seconds()


@dataclass(frozen=True, slots=True)
class CallResult:
    """What an automation gets back when it waited for a call."""

    call: CallRecord
    outcome: Outcome
    answered_by: AnsweredBy
    end_reason: EndReason | None
    transcript: tuple[TranscriptLine, ...]
    duration_seconds: float
    answers: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller left for the house. `number` is where they can be reached, as they said it or as they called."""

    id: str
    call_id: str
    name: str
    number: str
    text: str
    urgency: Urgency
    taken_at: datetime


class CallbackState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Callback:
    """A promise to call somebody back. Times are aware UTC."""

    id: str
    call_id: str
    line: str
    context: str
    number: str
    name: str
    reason: str
    due_at: datetime
    created_at: datetime
    state: CallbackState = CallbackState.WAITING


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something a page, card or automation may want to know at once.

    `type`: call_received, call_ringing, call_answered, call_ended, state, transcript, tool, dtmf, interrupted, latency,
    message_taken, callback_scheduled.
    `data` is JSON-ready; numbers in it are whole (hosts decide what to show), secrets never are.
    """

    type: str
    call_id: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One leg of ours at a carrier, as the ledger knows it. `provider_id` None: only the intent is known.

    It stands here because transports write it and the call log keeps it, and the two are blind to each other.
    """

    leg_id: str
    call_id: str
    line: str
    account: str
    direction: Direction
    from_: str
    to: str
    created_at: datetime
    provider_id: str | None = None
    this_life: bool = False
    """Written by the running process: its leg may well be alive."""


class TimerHandle(Protocol):
    """A call that is due later and can be cancelled; cancelling twice is fine."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The one source of time. The lab's clock may run many times faster than the wall."""

    def monotonic(self) -> float:
        """Seconds; never goes back."""
        ...

    def wall(self) -> datetime:
        """Aware UTC."""
        ...

    async def sleep_until(self, when: float) -> None:
        """Return once `monotonic()` has reached `when`."""
        ...

    def call_at(self, when: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back on the running loop once `monotonic()` has reached `when`."""
        ...


Unsubscribe = Callable[[], None]


class VoiceEngine(Protocol):
    """What every host drives: embedded (`LocalEngine`) or over the network (`RemoteEngine`)."""

    async def start(self) -> None: ...

    async def stop(self, drain_seconds: float = 0.0) -> None:
        """Take no new call, let running ones end for `drain_seconds`, then hang up and release everything."""
        ...

    async def place_call(self, request: CallRequest) -> CallRecord:
        """Dial and return as soon as the carrier took the call; raises `CallRefused` or `TransportError`."""
        ...

    async def wait_for_end(self, call_id: str, timeout_seconds: float | None = None) -> CallResult | None:
        """The result once the call ended; None when `timeout_seconds` passed first (the call goes on)."""
        ...

    async def hang_up(self, call_id: str) -> None:
        """End a call (engine id or provider id) after the words already on their way; raises `NotFound`."""
        ...

    async def say(self, call_id: str, text: str) -> None: ...

    async def send_dtmf(self, call_id: str, digits: str) -> None: ...

    async def update_call(self, call_id: str, text: str) -> None:
        """Inject a fact or an instruction into the conversation."""
        ...

    async def get_call(self, call_id: str) -> CallRecord:
        """By engine id or provider id; raises `NotFound`."""
        ...

    async def list_calls(self, limit: int = 50, active: bool | None = None) -> list[CallRecord]:
        """Newest first."""
        ...

    def subscribe(self, listener: Callable[[LiveEvent], None]) -> Unsubscribe: ...
