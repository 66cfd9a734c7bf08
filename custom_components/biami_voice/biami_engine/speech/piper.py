"""Piper with a voice file of the user's own. piper-tts is under the GPL: it is the user who installs it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..audio.frame import Audio, AudioFormat
from ..errors import BackendError, MissingDependency
from .stages import StageServices


class Piper:
    """Loads the voice with the first sentence; one sentence at a time, in threads of its own."""

    def __init__(self, services: StageServices, model: str) -> None:
        self._file = Path(services.config_dir, model)
        if find_spec("piper") is None:
            raise MissingDependency("Piper is not installed: pip install piper-tts==1.8.0")
        for file in (self._file, self._file.with_name(f"{self._file.name}.json")):
            if not file.is_file():
                raise MissingDependency(f"There is no {file}: a Piper voice is an .onnx file and its .onnx.json")
        self._lock = threading.Lock()
        self._voice: Any = None

    async def speak(self, sentence: str, voice: str, language: str) -> AsyncGenerator[Audio, None]:
        yield await asyncio.to_thread(self._render, sentence)

    async def warm_up(self) -> None:
        await asyncio.to_thread(self._render, "Hello.")

    def _render(self, sentence: str) -> Audio:
        with self._lock:
            try:
                if self._voice is None:
                    self._voice = import_module("piper").PiperVoice.load(str(self._file))
                chunks = list(self._voice.synthesize(sentence))
            except Exception as error:  # onnxruntime has no common base for its errors
                raise BackendError(f"Piper failed: {error}") from error
        if not chunks:
            raise BackendError("Piper has no sound for this text")
        format = AudioFormat("pcm16", int(chunks[0].sample_rate))
        return Audio(format, b"".join(chunk.audio_int16_bytes for chunk in chunks))
