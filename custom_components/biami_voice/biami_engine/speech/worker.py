"""Speech off the loop: one thread for the house, one sentence or utterance a job, so that calls take turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from ..audio.frame import Audio, AudioFormat
from ..errors import BackendError
from .port import Recognition, SpeechToText, TextToSpeech
from .sentences import split_sentences

T = TypeVar("T")


class Voices(Protocol):
    def text_to_speech(self, name: str = "") -> TextToSpeech: ...
    def speech_to_text(self, name: str = "") -> SpeechToText: ...


class SpeechWorker:
    """Loads a voice in its thread when it is first used. `close` waits for at most one sentence."""

    def __init__(self, voices: Voices, voice: str = "") -> None:
        self._voices = voices
        self._voice = voice
        self._thread: ThreadPoolExecutor | None = None
        self._closed = False

    async def stream(self, text: str, voice: str = "") -> AsyncIterator[Audio]:
        """The sentences of `text`, each as soon as it is there; whoever stops reading stops the synthesis."""
        name = voice or self._voice
        for sentence in split_sentences(text):
            yield await self._run(lambda sentence=sentence: self._speak(name, sentence))  # type: ignore[misc]  # default binds

    async def render(self, text: str, voice: str = "") -> Audio:
        """All of `text` in one piece; empty text is an empty sound."""
        parts = [audio async for audio in self.stream(text, voice)]
        format = parts[0].format if parts else AudioFormat("pcm16", 24000)
        return Audio(format, b"".join(part.payload for part in parts))

    async def transcribe(self, audio: Audio, recogniser: str = "") -> Recognition:
        """One utterance to text."""
        return await self._run(lambda: self._voices.speech_to_text(recogniser).transcribe(audio))

    async def warm_up_recogniser(self, recogniser: str = "") -> None:
        """Load and check a recogniser before it is needed; raises what `transcribe` raises."""
        await self.transcribe(Audio.silence(AudioFormat("pcm16", 16000), 500), recogniser)

    async def warm_up(self, voice: str = "") -> None:
        """Load a voice before it is needed; raises `MissingDependency` where it is not installed."""
        await self.render("Hello.", voice)

    async def close(self) -> None:
        """Drop what waits and end the thread; what is still asked for afterwards fails."""
        self._closed = True
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown, True, cancel_futures=True)

    def _speak(self, voice: str, sentence: str) -> Audio:
        parts = list(self._voices.text_to_speech(voice).synthesise(sentence))
        if not parts:
            raise BackendError("the voice has no sound for this text")
        return Audio(parts[0].format, b"".join(part.payload for part in parts))

    async def _run(self, job: Callable[[], T]) -> T:
        if self._closed:
            raise BackendError("the voice is switched off")
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "speech")
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)
