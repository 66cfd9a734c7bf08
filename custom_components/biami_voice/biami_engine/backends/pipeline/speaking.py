"""The agent's voice in a cascade: sentences into sound, by the first voice that can."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from ...audio.convert import Converter
from ...audio.frame import Audio
from ...core.events import AgentAudio, AgentAudioDone, CallEvent, Transcript, Usage
from ...errors import BackendError, BiamiError
from ...interface import Role
from ...speech.stages import Synthesiser
from ..port import SessionSetup
from ..sound import chunks
from .history import AgentTurn
from .text import speakable

MAX_SENTENCES = 64
"""So many may wait for the voice; then the model waits."""

_log = logging.getLogger(__name__)

SentenceQueue = asyncio.Queue[str | None]
"""None ends it."""


class Mouth:
    """A voice that failed is not asked again in this session."""

    def __init__(
        self, setup: SessionSetup, voices: Sequence[Synthesiser], seconds: float, put: Callable[[CallEvent], None]
    ) -> None:
        self._setup = setup
        self._voices = list(voices)
        self._seconds = seconds
        self._put = put

    async def say_all(self, item_id: str, turn: AgentTurn, sentences: SentenceQueue) -> None:
        """One item; however it ends, its text and the end of its sound are told."""
        try:
            while (sentence := await sentences.get()) is not None:
                if plain := speakable(sentence):
                    await self._say(item_id, turn, plain)
        finally:
            if turn.generated_ms:
                self._put(Transcript(self._setup.generation, item_id, Role.AGENT, turn.text()))
                self._put(AgentAudioDone(self._setup.generation, item_id))
                characters = float(sum(len(sentence.text) for sentence in turn.sentences))
                self._put(Usage(self._setup.generation, "speech", {"characters": characters}))

    async def _say(self, item_id: str, turn: AgentTurn, sentence: str) -> None:
        turn.begin(sentence)
        piece = sentence if len(turn.sentences) == 1 else f" {sentence}"
        self._put(Transcript(self._setup.generation, item_id, Role.AGENT, piece, final=False))
        before_ms = turn.generated_ms
        while turn.generated_ms == before_ms:  # what was half said is not said again by another voice
            try:
                await self._sound(item_id, turn, sentence)
                turn.end()
                return
            except BiamiError as error:
                self._give_up_voice(error)

    async def _sound(self, item_id: str, turn: AgentTurn, sentence: str) -> None:
        stream = self._voices[0].speak(sentence, self._setup.voice or "", self._setup.language)
        converter: Converter | None = None
        async with aclosing(stream):
            while (audio := await self._next(stream)) is not None:
                converter = converter or Converter(audio.format, self._setup.output_format)
                self._send(item_id, turn, converter.convert(audio))
        if converter is None:
            raise BackendError("the voice has no sound for this text")
        self._send(item_id, turn, converter.flush())

    async def _next(self, stream: AsyncGenerator[Audio, None]) -> Audio | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await anext(stream, None)
        except TimeoutError:
            raise BackendError("the voice keeps silent", retriable=True) from None

    def _send(self, item_id: str, turn: AgentTurn, audio: Audio) -> None:
        for chunk in chunks(audio):
            turn.sounded(chunk.duration_ms)
            self._put(AgentAudio(self._setup.generation, item_id, chunk))

    def _give_up_voice(self, error: BiamiError) -> None:
        """Go on with the next one; raises where there is none."""
        if len(self._voices) == 1:
            raise error
        _log.warning("%s: %s: the next voice goes on", self._setup.call_id, error)
        del self._voices[0]
