"""The stages of a cascade: what turns an utterance into words, and a sentence into sound, wherever that happens.

`SpeechToText` and `TextToSpeech` are models in this process; a stage may as well be a server.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast, runtime_checkable

from ..audio.frame import Audio
from ..errors import NotFound
from .http import HttpPool
from .port import Recognition, SpeechFactory

TRANSCRIBERS = {
    "offline": (".house_stages", "HouseEar"),
    "wyoming": (".wyoming_ear", "WyomingEar"),
    "faster_whisper": (".faster_whisper", "FasterWhisper"),
    "openai": (".openai_ear", "OpenAIEar"),
}
"""Speech-to-text. One is added with one file and one line here; it is imported when a configuration uses it."""

SYNTHESISERS = {
    "offline": (".house_stages", "HouseVoice"),
    "wyoming": (".wyoming_voice", "WyomingVoice"),
    "piper": (".piper", "Piper"),
    "openai": (".openai_voice", "OpenAIVoice"),
}
"""Text-to-speech."""


class Transcriber(Protocol):
    """Utterances into words, for any number of calls at once."""

    async def transcribe(self, audio: Audio, language: str) -> Recognition:
        """Raises `BackendError` or `MissingDependency` with one sentence for the user."""
        ...


class Synthesiser(Protocol):
    """Sentences into sound, for any number of calls at once."""

    def speak(self, sentence: str, voice: str, language: str) -> AsyncGenerator[Audio, None]:
        """PCM16 of one rate, in pieces as they come. A stage's own `voice` wins over that of the context, which may
        name a voice that this stage does not have. Raises like `transcribe`."""
        ...


@runtime_checkable
class WarmUp(Protocol):
    """A stage that has a model to load or a server to find."""

    async def warm_up(self) -> None:
        """Raises like `transcribe`; then the first call tries again."""
        ...


@dataclass(frozen=True, slots=True)
class StageServices:
    """What stages are lent. `config_dir` resolves the files that a configuration names."""

    speech: SpeechFactory
    http: HttpPool
    config_dir: str


def transcriber(kind: str, options: Mapping[str, Any], services: StageServices) -> Transcriber:
    """Cheap; raises `MissingDependency` where a package or a model is missing."""
    return cast(Transcriber, _stage(TRANSCRIBERS, "speech-to-text", kind, options, services))


def synthesiser(kind: str, options: Mapping[str, Any], services: StageServices) -> Synthesiser:
    """Cheap; raises like `transcriber`."""
    return cast(Synthesiser, _stage(SYNTHESISERS, "text-to-speech", kind, options, services))


def _stage(
    table: Mapping[str, tuple[str, str]], what: str, kind: str, options: Mapping[str, Any], services: StageServices
) -> object:
    if kind not in table:
        raise NotFound(f"unknown {what} stage {kind!r}; known: {', '.join(table)}")
    module, name = table[kind]
    return getattr(import_module(module, __package__), name)(services, **options)
