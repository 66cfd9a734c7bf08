"""The socket a browser leg stands on, and the bounded writer in front of it.

Any host can lend a socket: aiohttp's here, Home Assistant's own authenticated one elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...interface import Clock

MAX_WAIT_SECONDS = 2.0
"""A message that waits longer means that the browser reads no more."""
MAX_MESSAGES = 2000

NORMAL = 1000
GOING_AWAY = 1001
POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
"""Close codes of RFC 6455, 7.4.1."""


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """The other side is gone. `code` is its close frame's, 1006 where it sent none."""

    code: int


class BrowserSocket(Protocol):
    async def receive(self) -> str | bytes | SocketClosed: ...

    async def send(self, message: str | bytes) -> None:
        """Raises ConnectionError (OSError) once the socket is gone."""
        ...

    async def close(self, code: int, reason: str) -> None: ...

    def abort(self) -> None:
        """Drop the connection without a goodbye: the other side reads no more."""
        ...


class SocketWriter:
    """Messages in the order they were put. Putting never waits; a reader that stalls is reported once."""

    def __init__(self, socket: BrowserSocket, clock: Clock, on_stalled: Callable[[], None]) -> None:
        self._socket = socket
        self._clock = clock
        self._on_stalled = on_stalled
        self._queue: deque[tuple[float, str | bytes]] = deque()
        self._sending_since: float | None = None
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None
        self._stalled = False

    def put(self, message: str | bytes) -> None:
        if self._closing is not None or self._stalled:
            return
        now = self._clock.monotonic()
        oldest = self._sending_since if self._sending_since is not None else now
        if now - oldest > MAX_WAIT_SECONDS or len(self._queue) >= MAX_MESSAGES:
            self._stalled = True
            self._on_stalled()
            return
        self._queue.append((now, message))
        self._wake.set()

    def drop_audio(self) -> None:
        """Forget binary messages that are not on the wire yet."""
        self._queue = deque(entry for entry in self._queue if isinstance(entry[1], str))

    def close(self, code: int, reason: str = "") -> None:
        """Close once everything put so far is written; what is put later is dropped."""
        if self._closing is None:
            self._closing = (code, reason)
            self._wake.set()

    async def run(self) -> None:
        """Write until closed; returns quietly when the socket goes first (its reader says so)."""
        with contextlib.suppress(ConnectionError):
            while True:
                while self._queue:
                    self._sending_since, message = self._queue.popleft()
                    await self._socket.send(message)
                self._sending_since = None
                if self._closing is not None:
                    break
                self._wake.clear()
                await self._wake.wait()
            await self._socket.close(*self._closing)
