"""What happened in a call, in the past tense: all that a `CallSession` ever hears.

Leg events carry the leg's id, backend events the generation of the session that produced them: a backend may be
replaced mid-call, and what a replaced one still says is dropped by its number. Durations are milliseconds of audio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..audio.frame import Audio
from ..interface import AnsweredBy, EndReason, Role

# --- a party of the call ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ringing:
    leg: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The leg carries audio now (Twilio: `start` of the stream, or `in-progress` for a leg without one)."""

    leg: str


@dataclass(frozen=True, slots=True)
class AnsweredByDetected:
    """Who picked up, by the carrier's detection. `greeting_over`: a machine has finished (Twilio: `machine_end_*`)."""

    leg: str
    answered_by: AnsweredBy
    greeting_over: bool = False


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """A single tone ended on this leg, `ago_ms` before now."""

    leg: str
    hz: float
    ago_ms: float


@dataclass(frozen=True, slots=True)
class CallerAudio:
    leg: str
    audio: Audio


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """A voice activity detector of ours heard speech on this leg, beginning `ago_ms` before now."""

    leg: str
    ago_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class VoiceStopped:
    """The same detector heard it end, `ago_ms` before now."""

    leg: str
    ago_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Played:
    """The party has heard `ms` of this item in all, by the leg's own evidence; never beyond what was sent to it."""

    leg: str
    item_id: str
    ms: float


@dataclass(frozen=True, slots=True)
class Cleared:
    """The leg obeyed a `clear`: what it reported as `Played` before this event is final for every item cleared."""

    leg: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    leg: str
    digit: str


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Nobody took the caller; the leg is back. `reason` is a call status or a sentence."""

    leg: str
    reason: str


@dataclass(frozen=True, slots=True)
class StreamReplaced:
    """A planned replacement of the media stream (DTMF out, hold): same call, same leg, audio may go on."""

    leg: str


@dataclass(frozen=True, slots=True)
class RemoteHangup:
    """The other side ended the leg. `cause` is a terminal call status: completed, busy, no-answer, failed, canceled."""

    leg: str
    cause: str = "completed"


@dataclass(frozen=True, slots=True)
class LegLost:
    """The wire broke without a goodbye: an unplanned close, a stalled socket, a carrier that refused to dial."""

    leg: str
    detail: str


# --- the mind of the call --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackendOpened:
    """`answers_turns`: it answers the caller by itself; else the core asks for each response. `knows_words`: what the
    caller said comes as real text, not as a description of a sound. `remote`: its silence may be a loss."""

    generation: int
    answers_turns: bool = True
    knows_words: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class AgentAudio:
    """A stretch of item `item_id`; item ids are unique over all generations of a call."""

    generation: int
    item_id: str
    audio: Audio


@dataclass(frozen=True, slots=True)
class AgentAudioDone:
    """No more audio will come for this item."""

    generation: int
    item_id: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    generation: int
    response_id: str


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """The last event of a response. `status`: completed, cancelled, incomplete or failed (OpenAI: `response.done`)."""

    generation: int
    response_id: str
    status: str = "completed"


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The backend's own turn detection heard the caller begin, `ago_ms` before now; a witness, not a decision.
    `item_id` is the turn's."""

    generation: int
    item_id: str | None = None
    ago_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    generation: int
    ago_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """Text of an item. Not final: `text` is a piece to append; final: the whole text."""

    generation: int
    item_id: str
    role: Role
    text: str
    final: bool = True


@dataclass(frozen=True, slots=True)
class ToolRequested:
    """`arguments` is the model's JSON text, possibly broken: the runner parses it and answers with data either way."""

    generation: int
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a response or transcription consumed, by the backend's own keys (tokens, seconds, characters)."""

    generation: int
    kind: str
    amounts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class BackendExpiring:
    """The provider will end this session soon (OpenAI: after 60 minutes); time to go on with a new one."""

    generation: int


@dataclass(frozen=True, slots=True)
class BackendLost:
    """The session is gone or unusable; `retriable` where another session may work."""

    generation: int
    detail: str
    retriable: bool = False


# --- the house -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegAdded:
    """A further party joins (transfer target, a browser that listens in). Legs of the setup are not announced."""

    leg: str
    hears: frozenset[str] = frozenset()
    """Whom this leg hears: leg ids and `agent`; who hears it is the reverse, see `core.routes`."""


@dataclass(frozen=True, slots=True)
class RoutesRequested:
    """Replace the route table: a set of (speaker, hearer) pairs over leg ids and `agent`."""

    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HoldRequested:
    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """`output` is JSON text for the backend, of a failure too. `effect` is what the call itself must now do."""

    call_id: str
    output: str
    failed: bool = False
    effect: str | None = None
    """None, `end_call` (the agent said goodbye: the call ends after its last words were heard) or `transfer` (the
    caller is passed on to `data["contact"]`, after those words)."""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpokenDone:
    """A `Speak` command is finished or could not be spoken; its audio, if any, was delivered as agent audio."""

    item_id: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class HangUpRequested:
    """Somebody wants the call to end. With `drain` the words already on their way are heard first."""

    reason: EndReason
    drain: bool = True


@dataclass(frozen=True, slots=True)
class SayRequested:
    text: str


@dataclass(frozen=True, slots=True)
class InjectRequested:
    text: str
    role: Role = Role.SYSTEM


@dataclass(frozen=True, slots=True)
class DtmfRequested:
    """Digits to send to the far end of a leg; characters 0-9 A-D * # w W."""

    leg: str
    digits: str


@dataclass(frozen=True, slots=True)
class CommitRequested:
    """Push-to-talk was released: the caller's turn is complete."""


@dataclass(frozen=True, slots=True)
class BackendReplaced:
    """Go on with another mind: the next generation is opened, the present one closed; late words of it are dropped."""

    name: str


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`next_deadline` was reached."""


LegEvent = (
    Ringing
    | Answered
    | AnsweredByDetected
    | BeepHeard
    | CallerAudio
    | VoiceStarted
    | VoiceStopped
    | Played
    | Cleared
    | Dtmf
    | StreamReplaced
    | TransferFailed
    | RemoteHangup
    | LegLost
)
BackendEvent = (
    BackendOpened
    | AgentAudio
    | AgentAudioDone
    | ResponseStarted
    | ResponseDone
    | SpeechStarted
    | SpeechStopped
    | Transcript
    | ToolRequested
    | Usage
    | BackendExpiring
    | BackendLost
)
HouseEvent = (
    LegAdded
    | RoutesRequested
    | HoldRequested
    | ToolFinished
    | SpokenDone
    | HangUpRequested
    | SayRequested
    | InjectRequested
    | DtmfRequested
    | CommitRequested
    | BackendReplaced
    | TimePassed
)
CallEvent = LegEvent | BackendEvent | HouseEvent
