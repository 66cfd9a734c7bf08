"""What a mind must do: `Backend` opens a `BackendSession`, one per call and generation.

Everything a session does to a live conversation goes through these functions, so that it can be replaced mid-call.
Sends are plain functions that never wait. Item ids are made unique over generations by the session itself
(`g<generation>:` prefix, `item_prefix`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ..audio.frame import Audio, AudioFormat
from ..config import DialogueConfig
from ..core.events import CallEvent
from ..interface import Clock, Role
from ..speech.port import SpeechFactory


@dataclass(frozen=True, slots=True)
class BackendCapabilities:
    input_formats: tuple[AudioFormat, ...]
    """What it can hear, best first; the runner transcodes only where the leg's own format is not among them."""
    output_formats: tuple[AudioFormat, ...]
    detects_turns: bool = True
    """Sends SpeechStarted and SpeechStopped itself; else the runner's own VAD is the witness."""
    truncates: bool = False
    tools: bool = False
    transcripts: bool = False
    speaks_to_order: bool = False
    """`request_response(instructions)` makes it say something; else the house speaks (`core.commands.Speak`)."""
    remote: bool = False
    """Behind a network: the house's own voice must be ready to speak when it fails."""
    usage_kind: str = "none"
    """none, tokens or seconds."""
    languages: frozenset[str] | None = None
    """What it understands and speaks (BCP 47 primary tags); None: no limit is known."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool as the model sees it; `parameters` is JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """How a session is to be: formats are chosen from the capabilities before it is opened."""

    call_id: str
    generation: int
    input_format: AudioFormat
    output_format: AudioFormat
    instructions: str = ""
    voice: str | None = None
    language: str = "en"
    tools: Sequence[ToolSpec] = ()
    context: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    caller_first: bool = False
    guarded: bool = True
    """The core decides what interrupts and when to answer; a mind that could do so itself leaves it alone."""
    dialogue: DialogueConfig = DialogueConfig()
    contacts: Sequence[str] = ()
    """Names that a caller may be passed on to."""
    time_zone: str = ""
    """IANA name of where the house stands; empty: the machine's own zone."""

    @property
    def item_prefix(self) -> str:
        return f"g{self.generation}:"


class BackendSession(Protocol):
    def events(self) -> AsyncIterator[CallEvent]:
        """Every event of this session, once, for one reader; `BackendOpened` first; ends after `close` or a loss."""
        ...

    def send_audio(self, audio: Audio) -> None: ...

    def commit(self) -> None:
        """Push-to-talk: the caller's turn is complete."""
        ...

    def inject(self, text: str, role: Role) -> None:
        """Keys pressed, facts, instructions: text enters the conversation without an answer being asked for."""
        ...

    def request_response(self, instructions: str | None = None) -> None: ...
    def cancel(self) -> None: ...

    def truncate(self, item_id: str, audio_end_ms: int) -> None: ...

    def send_tool_result(self, call_id: str, output: str) -> None: ...

    async def close(self) -> None: ...


class Backend(Protocol):
    capabilities: BackendCapabilities

    async def open(self, setup: SessionSetup) -> BackendSession:
        """Raises `BackendError` where the mind cannot be had."""
        ...


@runtime_checkable
class WarmUp(Protocol):
    """A backend that wants time before the first call. The engine gives it when it starts."""

    async def warm_up(self) -> None:
        """Load what calls will need; raises `BackendError` where the mind cannot be had."""
        ...


@dataclass(slots=True)
class BackendServices:
    """What the engine lends to a backend. `config_dir` resolves the files that a configuration names."""

    clock: Clock
    speech: SpeechFactory
    config_dir: str
