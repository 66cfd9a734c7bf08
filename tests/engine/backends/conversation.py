"""Talking to a backend alone: real speech in, events out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from biami_engine.audio.frame import Audio, AudioFormat
from biami_engine.audio.framing import Framer
from biami_engine.backends.port import BackendSession, SessionSetup
from biami_engine.backends.sound import as_format
from biami_engine.core.events import AgentAudio, CallEvent, ResponseDone, Transcript
from biami_engine.interface import Role
from biami_engine.speech import Voices

E = TypeVar("E")


def setup(wire: AudioFormat, **variables: str) -> SessionSetup:
    return SessionSetup("call_1", 1, wire, wire, variables=variables)


class Conversation:
    """Plays the call: speaks to the session and reads its events."""

    def __init__(self, session: BackendSession, wire: AudioFormat, voices: Voices) -> None:
        self.session = session
        self.wire = wire
        self.seen: list[CallEvent] = []
        self._voices = voices
        self._events: AsyncIterator[CallEvent] = session.events()

    async def say(self, text: str, trailing_silence_ms: float = 700) -> Audio:
        """Real speech in frames of 20 ms, as fast as it goes, and the silence that ends a turn."""
        spoken = as_format(await self._voices.speaker.render(text), self.wire)
        self.send(Audio.silence(self.wire, 200))
        self.send(spoken)
        self.send(Audio.silence(self.wire, trailing_silence_ms))
        return spoken

    def send(self, audio: Audio) -> None:
        framer = Framer(self.wire)
        for frame in framer.push(audio):
            self.session.send_audio(frame)

    async def until(self, kind: type[E]) -> E:
        """The next event of this kind."""
        async with asyncio.timeout(10):
            async for event in self._events:
                self.seen.append(event)
                if isinstance(event, kind):
                    return event
        raise AssertionError(f"no {kind.__name__} came; seen: {self.seen}")

    async def response(self) -> list[CallEvent]:
        """Everything up to the end of the next response."""
        start = len(self.seen)
        await self.until(ResponseDone)
        return self.seen[start:]

    async def rest(self) -> list[CallEvent]:
        """What is left once the session is closed."""
        start = len(self.seen)
        async with asyncio.timeout(10):
            self.seen += [event async for event in self._events]
        return self.seen[start:]


def spoken_ms(events: list[CallEvent]) -> float:
    return sum(event.audio.duration_ms for event in events if isinstance(event, AgentAudio))


def words(events: list[CallEvent], role: Role = Role.AGENT) -> list[str]:
    """Final texts."""
    return [event.text for event in events if isinstance(event, Transcript) and event.role is role and event.final]
