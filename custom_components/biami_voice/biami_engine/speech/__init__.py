"""Speech-to-text, text-to-speech, voice activity: one port each, one file per provider."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TypeVar, cast

from ..audio.frame import Audio, AudioFormat
from ..errors import MissingDependency, NotFound
from .cache import RenderingCache, default_folder
from .port import Provider, SpeechToText, VoiceActivity
from .sentences import split_sentences
from .worker import SpeechWorker

T = TypeVar("T")

__all__ = ["DETECTORS", "RECOGNISERS", "SPEECH", "SpeechWorker", "Voices"]

SPEECH = {
    "hibari": (".hibari", "Hibari"),
    "flite": (".flite", "Flite"),
    "espeak-ng": (".espeak_ng", "EspeakNg"),
}
"""Voices, best first. One is added with one file and one line here; it is imported when it is used."""

RECOGNISERS = {
    "moonshine": (".moonshine", "Moonshine"),
}
"""Speech-to-text, best first."""

DETECTORS = {
    "silero": (".silero", "SileroVad"),
    "energy": ("..audio.vad", "EnergyVad"),
}
"""Voice activity, best first; the last needs no package."""


class Voices:
    """`SpeechFactory`: shares each loaded provider and keeps what voices said. `default` empty: the first installed."""

    def __init__(self, default: str = "", cache_folder: Path | None = None, cache: bool = True) -> None:
        folder = (cache_folder or default_folder()) if cache else None
        self.cache = RenderingCache(folder) if folder is not None else None
        self._default = default
        self._loaded: dict[str, _CachedVoice] = {}
        self._recognisers: dict[str, SpeechToText] = {}
        self._lock = threading.Lock()
        self._worker = SpeechWorker(self)

    def text_to_speech(self, name: str = "") -> _CachedVoice:
        """By name, or the default; raises `MissingDependency` with what to install, `NotFound` for unknown names."""
        with self._lock:  # the loop asks whether a voice exists, the worker what it is
            return self._named(name or self._default) if name or self._default else self._first()

    def speech_to_text(self, name: str = "") -> SpeechToText:
        """By name, or the best installed; raises like `text_to_speech`."""
        with self._lock:
            return self._recogniser(name) if name else _first_installed(RECOGNISERS, self._recogniser)

    def voice_activity(self, format: AudioFormat, name: str = "") -> VoiceActivity:
        """A new one for each stream."""

        def build(name: str) -> VoiceActivity:
            return cast(VoiceActivity, _provider(DETECTORS, "voice detector", name)(format))

        return build(name) if name else _first_installed(DETECTORS, build)

    @property
    def speaker(self) -> SpeechWorker:
        return self._worker

    @property
    def listener(self) -> SpeechWorker:
        return self._worker

    async def close(self) -> None:
        await self._worker.close()

    def _first(self) -> _CachedVoice:
        for name in SPEECH:
            try:
                return self._named(name)
            except MissingDependency:
                continue
        raise MissingDependency(
            "No voice is installed: pip install hibari-tts==0.2.1 onnxruntime, or apt install flite"
        )

    def _named(self, name: str) -> _CachedVoice:
        if name not in self._loaded:
            provider = cast(Provider, _provider(SPEECH, "voice", name)())
            self._loaded[name] = _CachedVoice(provider, self.cache)
        return self._loaded[name]

    def _recogniser(self, name: str) -> SpeechToText:
        if name not in self._recognisers:
            self._recognisers[name] = cast(SpeechToText, _provider(RECOGNISERS, "recogniser", name)())
        return self._recognisers[name]


def _provider(table: Mapping[str, tuple[str, str]], what: str, name: str) -> Callable[..., object]:
    if name not in table:
        raise NotFound(f"unknown {what} {name!r}; known: {', '.join(table)}")
    module, kind = table[name]
    return cast("Callable[..., object]", getattr(import_module(module, __package__), kind))


def _first_installed(table: Mapping[str, tuple[str, str]], build: Callable[[str], T]) -> T:
    """The first that can be built; where none can, what the best one lacks."""
    lacking: MissingDependency | None = None
    for name in table:
        try:
            return build(name)
        except MissingDependency as error:
            lacking = lacking or error
    raise lacking or MissingDependency("nothing is installed")


class _CachedVoice:
    """A provider that says nothing twice."""

    def __init__(self, provider: Provider, cache: RenderingCache | None) -> None:
        self.rate_hz = provider.rate_hz
        self.provider = provider
        self._cache = cache

    def synthesise(self, text: str) -> Iterator[Audio]:
        return map(self._render, split_sentences(text))

    def _render(self, sentence: str) -> Audio:
        if self._cache is None:
            return self.provider.render(sentence)
        known = self._cache.get(self.provider.identity, sentence)
        if known is None:
            known = self.provider.render(sentence)
            self._cache.put(self.provider.identity, sentence, known)
        return known
