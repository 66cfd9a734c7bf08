"""The ports of speech. Providers are plain and synchronous (they run in a worker thread); one file each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..audio.frame import Audio


class TextToSpeech(Protocol):
    """Text in, PCM16 out."""

    rate_hz: int

    def synthesise(self, text: str) -> Iterator[Audio]:
        """Speak `text`, sentence by sentence, as PCM16 mono at `rate_hz`; blocking: call it in a worker."""
        ...


class SpeechFactory(Protocol):
    """Lends providers by name; loading is lazy and shared."""

    def text_to_speech(self, name: str = "") -> TextToSpeech:
        """The named voice or the configured default; raises `MissingDependency` where it is not installed."""
        ...
