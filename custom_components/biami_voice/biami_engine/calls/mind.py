"""One generation of a backend in a running call: a nested scope whose failure is `BackendLost`, never more.

What is sent before the session is open waits here, in order; caller audio beyond its bound drops its oldest.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from ..audio.frame import Audio, AudioFormat
from ..backends.port import Backend, BackendCapabilities, BackendSession, SessionSetup
from ..core.events import BackendLost, CallEvent
from ..errors import BiamiError
from .media import FormatBridge

_log = logging.getLogger(__name__)

MAX_WAITING_MS = 10_000.0
CLOSE_SECONDS = 3.0

Send = Callable[[BackendSession], None]


class AbsentBackend:
    """Stands for one that cannot be built, so that it is lost like one that cannot be reached."""

    def __init__(self, error: BiamiError, wire: AudioFormat) -> None:
        self.capabilities = BackendCapabilities((wire,), (wire,))
        self._error = error

    async def open(self, setup: SessionSetup) -> BackendSession:
        raise self._error


class Mind:
    """`send` and `hear` never wait; `run` lives as long as the session and closes it."""

    def __init__(self, backend: Backend, setup: SessionSetup, receive: Callable[[CallEvent], None]) -> None:
        self.backend = backend
        self.setup = setup
        self._receive = receive
        self._session: BackendSession | None = None
        self._waiting: deque[Send] = deque()
        self._waiting_audio: deque[Audio] = deque()
        self._waiting_ms = 0.0
        self._bridge = FormatBridge(setup.input_format)
        self.task: asyncio.Task[None] | None = None

    def hear(self, audio: Audio) -> None:
        """Caller audio, converted where the wire speaks something else."""
        if self._session is not None:
            self._session.send_audio(self._bridge.convert(audio))
            return
        self._waiting_audio.append(audio)
        self._waiting_ms += audio.duration_ms
        while self._waiting_ms > MAX_WAITING_MS:
            self._waiting_ms -= self._waiting_audio.popleft().duration_ms

    def send(self, act: Send) -> None:
        """Do something to the session, once it is there."""
        if self._session is not None:
            act(self._session)
        else:
            self._waiting.append(act)

    async def run(self) -> None:
        try:
            session = await self.backend.open(self.setup)
        except BiamiError as error:
            self._lost(str(error), getattr(error, "retriable", False))
            return
        except (OSError, TimeoutError) as error:
            self._lost(f"cannot reach the backend: {error}", retriable=True)
            return
        try:
            self._begin(session)
            async for event in session.events():
                self._receive(event)
            self._lost("the session ended by itself", retriable=True)
        finally:
            self._session = None
            await self._close(session)

    def _begin(self, session: BackendSession) -> None:
        self._session = session
        while self._waiting_audio:
            session.send_audio(self._bridge.convert(self._waiting_audio.popleft()))
        while self._waiting:
            self._waiting.popleft()(session)

    async def _close(self, session: BackendSession) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await session.close()
        except (TimeoutError, OSError) as error:
            _log.warning("%s: the backend session did not close cleanly: %r", self.setup.call_id, error)

    def _lost(self, detail: str, retriable: bool) -> None:
        _log.warning("%s: backend lost: %s", self.setup.call_id, detail)
        self._receive(BackendLost(self.setup.generation, detail, retriable))
