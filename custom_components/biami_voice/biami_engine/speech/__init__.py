"""Speech-to-text, text-to-speech, voice activity: one port each, one file per provider."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from ..audio.frame import Audio
from ..errors import MissingDependency, NotFound
from .cache import RenderingCache, default_folder
from .port import Provider
from .sentences import split_sentences
from .worker import SpeechWorker

__all__ = ["SPEECH", "SpeechWorker", "Voices"]

SPEECH = {
    "hibari": (".hibari", "Hibari"),
    "flite": (".flite", "Flite"),
    "espeak-ng": (".espeak_ng", "EspeakNg"),
}
"""Voices, best first. One is added with one file and one line here; it is imported when it is used."""


class Voices:
    """`SpeechFactory`: shares each loaded voice and keeps what it said. `default` empty: the first installed."""

    def __init__(self, default: str = "", cache_folder: Path | None = None, cache: bool = True) -> None:
        folder = (cache_folder or default_folder()) if cache else None
        self.cache = RenderingCache(folder) if folder is not None else None
        self._default = default
        self._loaded: dict[str, _CachedVoice] = {}
        self._lock = threading.Lock()
        self._worker = SpeechWorker(self)

    def text_to_speech(self, name: str = "") -> _CachedVoice:
        """By name, or the default; raises `MissingDependency` with what to install, `NotFound` for unknown names."""
        with self._lock:  # the loop asks whether a voice exists, the worker what it is
            return self._named(name or self._default) if name or self._default else self._first()

    @property
    def speaker(self) -> SpeechWorker:
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
        if name not in SPEECH:
            raise NotFound(f"unknown voice {name!r}; known: {', '.join(SPEECH)}")
        if name not in self._loaded:
            module, kind = SPEECH[name]
            provider = cast(Provider, getattr(import_module(module, __package__), kind)())
            self._loaded[name] = _CachedVoice(provider, self.cache)
        return self._loaded[name]


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
