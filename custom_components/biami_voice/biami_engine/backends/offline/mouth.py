"""What the agent says, as events, sentence by sentence; and what the caller heard of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ...core.events import AgentAudio, AgentAudioDone, CallEvent, ResponseDone, ResponseStarted, Transcript
from ...interface import Clock, Role
from ...speech.port import Speaker
from ...speech.sentences import split_sentences
from ..port import SessionSetup
from ..sound import as_format, chunks

HEARD_SHARE = 0.5
"""Words of which less was heard were not heard."""
MOST_ITEMS = 8
"""Items whose length is remembered: older ones are not truncated any more."""


@dataclass(slots=True)
class _Item:
    text: str
    ms: float = 0.0


@dataclass(slots=True)
class Mouth:
    """Speaks by `speaker`; `put` takes the events."""

    setup: SessionSetup
    speaker: Speaker
    voice: str
    clock: Clock
    put: Callable[[CallEvent], None]
    _count: int = 0
    _heard_until: float = 0.0
    _items: dict[str, _Item] = field(default_factory=dict)

    @property
    def left_seconds(self) -> float:
        """How long the caller will still be hearing the last words; a guess by the clock."""
        return max(0.0, self._heard_until - self.clock.monotonic())

    def hush(self) -> None:
        self._heard_until = self.clock.monotonic()

    def unheard(self, item_id: str, heard_ms: float) -> bool:
        """Whether the caller cut this item off before most of it was heard."""
        item = self._items.get(item_id)
        return item is not None and heard_ms < item.ms * HEARD_SHARE

    @asynccontextmanager
    async def response(self) -> AsyncIterator[None]:
        """Everything said inside is one response; it is told how that ended, whatever happens."""
        generation, response_id = self.setup.generation, self.next_id("r")
        self.put(ResponseStarted(generation, response_id))
        status = "cancelled"
        try:
            yield
            status = "completed"
        finally:
            self.put(ResponseDone(generation, response_id, status))

    async def say(self, text: str) -> None:
        """One item; what is cut off by cancellation was never said."""
        sentences = split_sentences(text)
        if not sentences:
            return
        item_id, generation = self.next_id("a"), self.setup.generation
        item = self._items[item_id] = _Item(text)
        while len(self._items) > MOST_ITEMS:
            del self._items[next(iter(self._items))]
        for number, sentence in enumerate(sentences):
            audio = as_format(await self.speaker.render(sentence, self.voice), self.setup.output_format)
            piece = f" {sentence}" if number else sentence
            self.put(Transcript(generation, item_id, Role.AGENT, piece, final=False))
            item.ms += audio.duration_ms
            self._heard_until = max(self._heard_until, self.clock.monotonic()) + audio.duration_ms / 1000
            for chunk in chunks(audio):
                self.put(AgentAudio(generation, item_id, chunk))
        self.put(Transcript(generation, item_id, Role.AGENT, " ".join(sentences)))
        self.put(AgentAudioDone(generation, item_id))

    async def prepare(self, text: str) -> None:
        """Make the first sentence now, so that the cache has it when it is due."""
        for sentence in split_sentences(text)[:1]:
            await self.speaker.render(sentence, self.voice)

    def next_id(self, kind: str) -> str:
        self._count += 1
        return f"{self.setup.item_prefix}{kind}{self._count}"
