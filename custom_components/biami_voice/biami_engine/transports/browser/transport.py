"""A line whose callers are pages: every socket that a host hands over is a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from ...audio.frame import PCM16_24K
from ...config import BrowserLine
from ...errors import TransportError
from ...interface import EndReason
from ..port import DialRequest, Leg, TransportCapabilities, TransportServices
from .conversation import CLOSE_SECONDS, Conversation
from .socket import BrowserSocket


class BrowserTransport:
    capabilities = TransportCapabilities(audio_format=PCM16_24K, dials=False, dtmf_out=False)

    def __init__(self, line: BrowserLine, services: TransportServices) -> None:
        self._line = line
        self._clock = services.clock
        self._on_incoming: Callable[[Leg], None] | None = None
        self._running: dict[asyncio.Task[None], Conversation] = {}

    async def start(self, on_incoming: Callable[[Leg], None]) -> None:
        self._on_incoming = on_incoming

    async def dial(self, request: DialRequest) -> Leg:
        raise TransportError("a browser line cannot call anybody: the page calls in")

    async def stop(self) -> None:
        self._on_incoming = None
        running = dict(self._running)
        for conversation in running.values():
            conversation.end(EndReason.SHUTDOWN)
        if running:
            _, late = await asyncio.wait(running, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()

    async def serve(self, socket: BrowserSocket, contexts: Collection[str]) -> None:
        """Hold one conversation over an open socket; returns when both are over, and owns nothing after that."""
        task = asyncio.create_task(self._converse(socket, contexts))
        try:
            await task
        finally:
            task.cancel()

    async def _converse(self, socket: BrowserSocket, contexts: Collection[str]) -> None:
        conversation = Conversation(self._line.name, self._clock, socket, contexts)
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = conversation
        try:
            await conversation.run(self._on_incoming)
        finally:
            del self._running[task]
