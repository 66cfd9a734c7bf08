"""What the agent of a dialogue says, as events; faster than real time, like a model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ...audio.frame import Audio
from ...core.events import AgentAudio, AgentAudioDone, CallEvent, ResponseDone, ResponseStarted, Transcript
from ...interface import Clock, Role
from ...speech.sentences import split_sentences
from ..port import SessionSetup
from ..sound import as_format, chunks
from .dialogue import Play
from .said import Said
from .voicing import Voicing


class Mouth:
    """Speaks and keeps count of how long the caller will be hearing it."""

    def __init__(
        self, setup: SessionSetup, voicing: Voicing, said: Said, clock: Clock, put: Callable[[CallEvent], None]
    ) -> None:
        self._setup = setup
        self._voicing = voicing
        self._said = said
        self._clock = clock
        self._put = put
        self._items = 0
        self._heard_until = clock.monotonic()

    @property
    def heard_until(self) -> float:
        """When the caller will have heard everything, at the earliest; on the call's clock."""
        return max(self._heard_until, self._clock.monotonic())

    @property
    def audible(self) -> bool:
        return self._heard_until > self._clock.monotonic()

    def hush(self) -> None:
        """What is on its way will not be heard."""
        self._heard_until = self._clock.monotonic()

    @asynccontextmanager
    async def response(self) -> AsyncIterator[None]:
        """Everything said inside is one response; it is told how that ended, whatever happens."""
        generation, response_id = self._setup.generation, self._next_id("r")
        self._put(ResponseStarted(generation, response_id))
        status = "cancelled"
        try:
            yield
            status = "completed"
        finally:
            self._put(ResponseDone(generation, response_id, status))

    async def say(self, text: str) -> None:
        """One item, sentence by sentence; what is cut off by cancellation was never said."""
        item_id, spoken = self._next_id("a"), ""
        for sentence in split_sentences(text):
            audio = await self._voicing.speak(sentence, self._setup.output_format)
            piece = f" {sentence}" if spoken else sentence
            spoken += piece
            self._put(Transcript(self._setup.generation, item_id, Role.AGENT, piece, final=False))
            self._send(item_id, sentence, audio)
        self._finish(item_id, spoken)

    def play(self, action: Play) -> None:
        item_id, text = self._next_id("a"), f"({action.name})"
        self._send(item_id, text, as_format(action.audio, self._setup.output_format))
        self._finish(item_id, text)

    def _send(self, item_id: str, text: str, audio: Audio) -> None:
        self._said.add(item_id, text, audio.duration_ms)
        self._heard_until = self.heard_until + audio.duration_ms / 1000
        for chunk in chunks(audio):
            self._put(AgentAudio(self._setup.generation, item_id, chunk))

    def _finish(self, item_id: str, text: str) -> None:
        self._put(Transcript(self._setup.generation, item_id, Role.AGENT, text))
        self._put(AgentAudioDone(self._setup.generation, item_id))

    def _next_id(self, kind: str) -> str:
        self._items += 1
        return f"{self._setup.item_prefix}{kind}{self._items}"
