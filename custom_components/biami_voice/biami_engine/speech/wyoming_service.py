"""What one Wyoming client asks of the house's speech: transcribe, synthesize whole or in pieces, describe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ..audio.frame import Audio, AudioFormat
from ..errors import BackendError, MissingDependency
from . import SPEECH
from .port import SpeechFactory
from .sentences import SentenceStream, split_sentences
from .wyoming_wire import wyoming

if TYPE_CHECKING:
    from wyoming.event import Event, Eventable

MAX_SECONDS = 120.0
"""Of one utterance."""
MAX_CHARACTERS = 20_000
"""Of one text."""
CHUNK_MS = 100.0
PROGRAM = "biami-voice"


class WyomingService:
    """One connection. A reference client sends `synthesize` behind a streamed text for servers that do not stream: here
    it is left out, because the text was said already."""

    def __init__(self, speech: SpeechFactory, send: Callable[[Eventable], Awaitable[None]]) -> None:
        self._speech = speech
        self._send = send
        self._asr, self._tts, self._sound = wyoming("asr"), wyoming("tts"), wyoming("audio")
        self._info, self._ping, self._error = wyoming("info"), wyoming("ping"), wyoming("error")
        self._heard: list[Audio] = []
        self._heard_ms = 0.0
        self._text: SentenceStream | None = None
        self._characters = 0
        self._voice = ""
        self._handlers: dict[str, Callable[[Event], Awaitable[None]]] = {
            "describe": self._describe,
            "ping": self._answer_ping,
            "transcribe": self._begin_hearing,
            "audio-start": self._begin_hearing,
            "audio-chunk": self._hear,
            "audio-stop": self._transcribe,
            "synthesize": self._synthesize,
            "synthesize-start": self._begin_text,
            "synthesize-chunk": self._more_text,
            "synthesize-stop": self._end_text,
        }

    async def handle(self, event: Event) -> None:
        """Unknown events are left out; raises `BackendError`, or what a broken event breaks."""
        handler = self._handlers.get(event.type)
        if handler is not None:
            await handler(event)

    async def refuse(self, text: str) -> None:
        await self._send(self._error.Error(text))

    async def _answer_ping(self, event: Event) -> None:
        await self._send(self._ping.Pong(text=event.data.get("text")))

    # --- speech to text ---

    async def _begin_hearing(self, event: Event) -> None:
        self._heard.clear()
        self._heard_ms = 0.0

    async def _hear(self, event: Event) -> None:
        chunk = self._sound.AudioChunk.from_event(event)
        if chunk.width != 2 or chunk.channels != 1 or not 8000 <= chunk.rate <= 48_000:
            raise BackendError("only PCM of 16 bit on one channel is understood here")
        audio = Audio(AudioFormat("pcm16", chunk.rate), chunk.audio)
        if self._heard and self._heard[0].format != audio.format:
            raise BackendError("an utterance has one format")
        self._heard_ms += audio.duration_ms
        if self._heard_ms > 1000 * MAX_SECONDS:
            raise BackendError(f"an utterance is at most {MAX_SECONDS:g} s long")
        self._heard.append(audio)

    async def _transcribe(self, event: Event) -> None:
        """What is not understood is no text: Home Assistant says then that it heard nothing."""
        text = ""
        if self._heard:
            sound = Audio(self._heard[0].format, b"".join(audio.payload for audio in self._heard))
            recognition = await self._speech.listener.transcribe(sound)
            text = recognition.text if recognition.confident else ""
        await self._begin_hearing(event)
        await self._send(self._asr.Transcript(text=text))

    # --- text to speech ---

    async def _synthesize(self, event: Event) -> None:
        if self._text is None:
            request = self._tts.Synthesize.from_event(event)
            self._choose(request.voice)
            await self._say(split_sentences(self._bounded(request.text)))

    async def _begin_text(self, event: Event) -> None:
        self._choose(self._tts.SynthesizeStart.from_event(event).voice)
        self._text = SentenceStream()
        self._characters = 0

    async def _more_text(self, event: Event) -> None:
        if self._text is not None:
            text = self._bounded(self._tts.SynthesizeChunk.from_event(event).text)
            for sentence in self._text.feed(text):
                await self._say([sentence])

    async def _end_text(self, event: Event) -> None:
        if self._text is not None:
            for sentence in self._text.flush():
                await self._say([sentence])
            self._text, self._characters = None, 0
            await self._send(self._tts.SynthesizeStopped())

    def _bounded(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise BackendError(f"a text has at most {MAX_CHARACTERS} characters")
        return text

    def _choose(self, voice: Any) -> None:
        self._characters = 0
        name = voice.name if voice is not None else None
        self._voice = name if name in self._voices() else ""

    async def _say(self, sentences: list[str]) -> None:
        """One `audio-start` … `audio-stop`, in the voice's own rate; of no text as well, so that nobody waits."""
        shape: dict[str, int] | None = None
        for sentence in sentences:
            async for audio in self._speech.speaker.stream(sentence, self._voice):
                if shape is None:
                    shape = {"rate": audio.format.rate_hz, "width": 2, "channels": 1}
                    await self._send(self._sound.AudioStart(**shape))
                start = 0.0
                while start < audio.duration_ms:
                    piece = audio.slice(start, start + CHUNK_MS)
                    await self._send(self._sound.AudioChunk(**shape, audio=piece.payload))
                    start += CHUNK_MS
        if shape is None:
            await self._send(self._sound.AudioStart(rate=24_000, width=2, channels=1))
        await self._send(self._sound.AudioStop())

    # --- what there is ---

    async def _describe(self, event: Event) -> None:
        await self._send(self._info.Info(asr=self._recognisers(), tts=self._speakers()))

    def _recognisers(self) -> list[Any]:
        try:
            languages = sorted(self._speech.speech_to_text().languages)
        except MissingDependency:
            return []
        model = self._info.AsrModel(languages=languages, **self._artifact("house", "The recogniser of this house"))
        return [self._info.AsrProgram(models=[model], **self._artifact(PROGRAM, "Biami Voice"))]

    def _speakers(self) -> list[Any]:
        voices = [
            self._info.TtsVoice(languages=["en"], **self._artifact(name, f"{name}, English")) for name in self._voices()
        ]
        if not voices:
            return []
        program = self._artifact(PROGRAM, "Biami Voice")
        return [self._info.TtsProgram(voices=voices, supports_synthesize_streaming=True, **program)]

    def _voices(self) -> list[str]:
        """Those that are installed."""
        found = []
        for name in SPEECH:
            try:
                self._speech.text_to_speech(name)
            except MissingDependency:
                continue
            found.append(name)
        return found

    def _artifact(self, name: str, description: str) -> dict[str, Any]:
        """Fields that every part of an `info` has."""
        attribution = self._info.Attribution(name="Biami Voice", url="")
        named = {"name": name, "description": description, "attribution": attribution}
        return {**named, "installed": True, "version": None}
