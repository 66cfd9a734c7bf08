"""The ports of speech. Providers are plain and synchronous (they run in a worker thread); one file each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..audio.frame import Audio, AudioFormat

if TYPE_CHECKING:
    from ..audio.vad import VadEdge  # numpy comes with it, and a daemon without calls needs none

CONFIDENT = -0.30
"""A `Recognition` below it is mostly wrong (the cut keeps 95 % of the good ones and drops 94 % of the bad ones)."""


class TextToSpeech(Protocol):
    """Text in, PCM16 out."""

    rate_hz: int

    def synthesise(self, text: str) -> Iterator[Audio]:
        """Speak `text`, sentence by sentence, as PCM16 mono at `rate_hz`; blocking: call it in a worker."""
        ...


class Provider(TextToSpeech, Protocol):
    """A voice as its file offers it. Building one is cheap and raises `MissingDependency`; loading waits for a text."""

    identity: str
    """Name, version and voice: the same identity says the same text with the same samples."""

    def render(self, sentence: str) -> Audio:
        """One sentence; blocking. Raises `BackendError` where the engine of the voice fails."""
        ...


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was understood; empty where nothing was said. Who asked decides what `confidence` is enough."""

    text: str
    confidence: float
    """Mean log-probability of a token: 0 is certain; see `CONFIDENT`."""

    @property
    def confident(self) -> bool:
        return self.confidence >= CONFIDENT


class SpeechToText(Protocol):
    """One utterance in, text out. Building one is cheap and raises `MissingDependency`; loading waits for speech."""

    languages: frozenset[str]
    """What it understands (BCP 47 primary tags)."""

    def transcribe(self, audio: Audio) -> Recognition:
        """Blocking: call it in a worker. Any format. Raises `BackendError` where weights are damaged."""
        ...


class VoiceActivity(Protocol):
    """Where speech begins and ends in a stream: one detector per stream. A witness; the core decides what it means."""

    format: AudioFormat

    @property
    def speaking(self) -> bool: ...

    def process(self, audio: Audio) -> VadEdge | None:
        """Listen on, in any chunks; at most one edge a call. Costs up to 4 % of real time: the loop may call it."""
        ...

    def reset(self) -> None:
        """As new: another stream begins."""
        ...


class Speaker(Protocol):
    """A voice for the event loop: synthesis runs in the house's one worker thread, sentence by sentence."""

    def stream(self, text: str, voice: str = "") -> AsyncIterator[Audio]:
        """The sentences of `text`, each as soon as it is there; stop iterating and the rest is never synthesised."""
        ...

    async def render(self, text: str, voice: str = "") -> Audio:
        """All of `text` in one piece."""
        ...


class Listener(Protocol):
    """Speech-to-text for the event loop, in the house's one worker thread."""

    async def transcribe(self, audio: Audio, recogniser: str = "") -> Recognition:
        """One utterance; raises `MissingDependency` or `BackendError` with one sentence for the user."""
        ...


class SpeechFactory(Protocol):
    """Lends providers by name; loading is lazy and shared."""

    def text_to_speech(self, name: str = "") -> TextToSpeech:
        """The named voice or the configured default; raises `MissingDependency` where it is not installed."""
        ...

    def speech_to_text(self, name: str = "") -> SpeechToText:
        """The named recogniser or the default; raises `MissingDependency` where it is not installed."""
        ...

    def voice_activity(self, format: AudioFormat, name: str = "") -> VoiceActivity:
        """A new detector for one stream; the default is the best that is installed."""
        ...

    @property
    def speaker(self) -> Speaker:
        """What loops use; closed with the engine."""
        ...

    @property
    def listener(self) -> Listener:
        """The same for speech-to-text."""
        ...
