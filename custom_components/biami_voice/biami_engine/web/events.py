"""`/api/events`: what happens in all calls, at once, to whoever watches."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from typing import Any

from aiohttp import WSCloseCode, web

from ..interface import LiveEvent, VoiceEngine
from .records import event_json, record_json

_log = logging.getLogger(__name__)

MAX_WAITING = 256
"""Events a watcher may be behind before it is dropped; it can come back and ask for the calls."""
HEARTBEAT_SECONDS = 20.0


class EventSockets:
    """Everyone who watches."""

    def __init__(self, engine: VoiceEngine) -> None:
        self._engine = engine
        self._watchers: set[_Watcher] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/events", self._watch)]

    async def close(self) -> None:
        """The server stops: a watcher is told so, and not waited for."""
        for watcher in list(self._watchers):
            await watcher.say_goodbye()

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, heartbeat=HEARTBEAT_SECONDS, max_msg_size=4096)
        await socket.prepare(request)
        watcher = _Watcher(socket, request)
        self._watchers.add(watcher)
        unsubscribe = self._engine.subscribe(watcher.put_event)
        try:
            active = await self._engine.list_calls(active=True)
            await watcher.run({"type": "hello", "calls": [record_json(record) for record in active]})
        finally:
            unsubscribe()
            self._watchers.discard(watcher)
        return socket


class _Watcher:
    """One reader of events: a bounded queue between the engine's listener and the socket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self._waiting: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()

    def put_event(self, event: LiveEvent) -> None:
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(event_json(event))
            self._wake.set()
        elif self._request.transport is not None:
            _log.warning("a watcher of /api/events reads too slowly and is dropped")
            self._request.transport.abort()

    async def say_goodbye(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def run(self, hello: dict[str, Any]) -> None:
        """Until the watcher goes; what it sends is ignored."""
        self._waiting.appendleft(hello)
        self._wake.set()
        writing = asyncio.create_task(self._write())
        try:
            async for _ in self._socket:
                pass
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                while self._waiting:
                    await self._socket.send_str(json.dumps(self._waiting.popleft()))
                self._wake.clear()
                await self._wake.wait()
