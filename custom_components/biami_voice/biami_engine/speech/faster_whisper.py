"""faster-whisper with a model folder of the user's own, in many languages; nothing is ever downloaded."""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..audio.frame import PCM16_16K, Audio
from ..audio.samples import to_samples
from ..errors import BackendError, MissingDependency
from .pcm import as_pcm16
from .port import Recognition
from .stages import StageServices

NO_SPEECH, GUESSED = 0.6, -1.0
"""Whisper's own bounds: a segment beyond both is no speech. Above the second its probabilities say little."""


class FasterWhisper:
    """Loads the model when somebody first speaks; one utterance at a time, in threads of its own."""

    def __init__(self, services: StageServices, model: str, compute_type: str = "int8", beam_size: int = 1) -> None:
        self._folder = Path(services.config_dir, model)
        if find_spec("faster_whisper") is None:
            raise MissingDependency('faster-whisper is not installed: pip install faster-whisper==1.2.1 "av<19"')
        if not (self._folder / "model.bin").is_file():
            raise MissingDependency(f"There is no Whisper model in {self._folder}: it must hold a model.bin")
        self._compute_type = compute_type
        self._beam_size = beam_size
        self._lock = threading.Lock()
        self._model: Any = None

    async def transcribe(self, audio: Audio, language: str) -> Recognition:
        return await asyncio.to_thread(self._transcribe, audio, language.partition("-")[0])

    async def warm_up(self) -> None:
        await self.transcribe(Audio.silence(PCM16_16K, 500), "en")

    def _transcribe(self, audio: Audio, language: str) -> Recognition:
        wave = to_samples(as_pcm16(audio)) / np.float32(32768)
        with self._lock:
            try:
                model = self._loaded()
                # English-only models refuse a language.
                spoken = language if model.model.is_multilingual else None
                segments, _ = model.transcribe(wave, language=spoken, beam_size=self._beam_size)
                heard = list(segments)
            except Exception as error:  # CTranslate2 has no base class for its errors
                raise BackendError(f"faster-whisper failed: {error}") from error
        spoken_words = [part for part in heard if part.no_speech_prob < NO_SPEECH or part.avg_logprob > GUESSED]
        text = " ".join(part.text.strip() for part in spoken_words)
        return Recognition(text, min((0.0, *(part.avg_logprob for part in spoken_words if part.avg_logprob < GUESSED))))

    def _loaded(self) -> Any:
        if self._model is None:
            whisper = import_module("faster_whisper")
            self._model = whisper.WhisperModel(
                str(self._folder), device="cpu", compute_type=self._compute_type, local_files_only=True
            )
        return self._model
