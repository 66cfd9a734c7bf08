"""The ports of speech. Providers are plain and synchronous (they run in a worker thread); one file each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from ..audio.frame import Audio


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


class Speaker(Protocol):
    """A voice for the event loop: synthesis runs in the house's one worker thread, sentence by sentence."""

    def stream(self, text: str, voice: str = "") -> AsyncIterator[Audio]:
        """The sentences of `text`, each as soon as it is there; stop iterating and the rest is never synthesised."""
        ...

    async def render(self, text: str, voice: str = "") -> Audio:
        """All of `text` in one piece."""
        ...


class SpeechFactory(Protocol):
    """Lends providers by name; loading is lazy and shared."""

    def text_to_speech(self, name: str = "") -> TextToSpeech:
        """The named voice or the configured default; raises `MissingDependency` where it is not installed."""
        ...

    @property
    def speaker(self) -> Speaker:
        """What loops use; closed with the engine."""
        ...
