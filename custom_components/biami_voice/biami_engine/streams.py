"""How legs and backend sessions hand their events on: a bounded stream between a socket's reader and the runner.

It sits beside `core` because transports and backends, blind to each other, both need it. Putting never waits; audio
of a reader that nobody drains is dropped oldest first, every other event is kept.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

from .core.events import CallerAudio

T = TypeVar("T")

MAX_CALLER_AUDIO_EVENTS = 500
"""10 s of 20 ms frames: what may wait for a runner that is busy."""


class EventStream(Generic[T]):
    """A single-reader async iterator fed by plain function calls on the same loop."""

    __slots__ = ("_closed", "_events", "_max_audio", "_waiter", "audio_waiting", "dropped")

    def __init__(self, max_audio_events: int = MAX_CALLER_AUDIO_EVENTS) -> None:
        self._events: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._max_audio = max_audio_events
        self.audio_waiting = 0
        self.dropped = 0
        """Caller frames dropped so far."""

    def put(self, event: T) -> None:
        """Append an event; after `close` it is ignored."""
        if self._closed:
            return
        if type(event) is CallerAudio:
            if self.audio_waiting >= self._max_audio:
                self._drop_oldest_audio()
            self.audio_waiting += 1
        self._events.append(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """End the iteration once what is already in the stream has been read."""
        self._closed = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _drop_oldest_audio(self) -> None:
        for index, event in enumerate(self._events):
            if type(event) is CallerAudio:
                del self._events[index]
                self.audio_waiting -= 1
                self.dropped += 1
                return

    def __aiter__(self) -> EventStream[T]:
        return self

    async def __anext__(self) -> T:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event = self._events.popleft()
        if type(event) is CallerAudio:
            self.audio_waiting -= 1
        return event
