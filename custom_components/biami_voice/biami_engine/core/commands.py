"""What must be done, in the imperative: all that a `CallSession` ever says. Commands run in the order given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..audio.frame import Audio
from ..interface import EndReason, Outcome, RejectReason, Role


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    leg: str


@dataclass(frozen=True, slots=True)
class RejectLeg:
    leg: str
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class PlayToCaller:
    """Append audio of an item to what this leg will hear. Audio of another leg has the item id `leg:<id>`."""

    leg: str
    item_id: str
    audio: Audio


@dataclass(frozen=True, slots=True)
class ClearPlayback:
    """Whatever this leg was sent and has not heard is dropped, now."""

    leg: str


@dataclass(frozen=True, slots=True)
class HoldLeg:
    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class SendDtmf:
    leg: str
    digits: str


@dataclass(frozen=True, slots=True)
class TransferLeg:
    """Pass the far end of this leg on to a contact, by name: no number is known here."""

    leg: str
    contact: str


@dataclass(frozen=True, slots=True)
class HangUp:
    leg: str
    reason: EndReason


@dataclass(frozen=True, slots=True)
class OpenBackend:
    """`name` None: the one the call's context names."""

    generation: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CloseBackend:
    generation: int


@dataclass(frozen=True, slots=True)
class SendToBackend:
    generation: int
    audio: Audio


@dataclass(frozen=True, slots=True)
class CommitBackend:
    generation: int


@dataclass(frozen=True, slots=True)
class InjectBackend:
    generation: int
    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class RequestResponse:
    generation: int
    instructions: str | None = None


@dataclass(frozen=True, slots=True)
class CancelResponse:
    generation: int


@dataclass(frozen=True, slots=True)
class TruncateBackend:
    """The caller heard `audio_end_ms` of this item: never more than was generated, never less than was heard."""

    generation: int
    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class SendToolResult:
    generation: int
    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class RunTool:
    call_id: str
    name: str
    arguments: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class CancelTool:
    call_id: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Let the agent say exactly this. The runner asks the backend where it can speak to order, else the house's voice;
    audio comes back as `AgentAudio` of `item_id`, the end as `SpokenDone`. `by_house`: the backend is not asked."""

    generation: int
    item_id: str
    text: str
    by_house: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Tell whoever watches: becomes a `LiveEvent` of this type and, where it matters, a line in the call's record."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EndCall:
    """The last command of a call; nothing follows it."""

    outcome: Outcome
    reason: EndReason


Command = (
    AnswerLeg
    | RejectLeg
    | PlayToCaller
    | ClearPlayback
    | HoldLeg
    | SendDtmf
    | TransferLeg
    | HangUp
    | OpenBackend
    | CloseBackend
    | SendToBackend
    | CommitBackend
    | InjectBackend
    | RequestResponse
    | CancelResponse
    | TruncateBackend
    | SendToolResult
    | RunTool
    | CancelTool
    | Speak
    | Report
    | EndCall
)
