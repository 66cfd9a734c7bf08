"""The model is gone, the call is not: another backend of this house goes on with the conversation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields

from ...audio.frame import Audio
from ...config import BackendConfig
from ...core import events as ev
from ...errors import BiamiError
from ...interface import Role
from ...streams import EventStream
from ..port import BackendServices, BackendSession, SessionSetup
from .session import PipelineSession

_log = logging.getLogger(__name__)


class _SpareSetup(SessionSetup):
    """Its items must not carry the ids of those that the first session began."""

    __slots__ = ()

    @property
    def item_prefix(self) -> str:
        return f"g{self.generation}:spare:"


async def open_spare(name: str, kind: str, setup: SessionSetup, services: BackendServices) -> BackendSession:
    """A session of another type of backend with that type's own defaults."""
    from .. import create_backend

    backend = create_backend(BackendConfig(f"{name}-fallback", kind), services)
    return await backend.open(_SpareSetup(**{field.name: getattr(setup, field.name) for field in fields(setup)}))


class SpareSession:
    """A pipeline until it is lost, then the spare."""

    def __init__(self, first: PipelineSession, open_spare: Callable[[], Awaitable[BackendSession]]) -> None:
        self._first = first
        self._open_spare = open_spare
        self._present: BackendSession = first
        self._events: EventStream[ev.CallEvent] = EventStream()
        self._pump = asyncio.create_task(self._run(), name="pipeline and its spare")

    def events(self) -> AsyncIterator[ev.CallEvent]:
        return self._events

    def send_audio(self, audio: Audio) -> None:
        self._present.send_audio(audio)

    def commit(self) -> None:
        self._present.commit()

    def inject(self, text: str, role: Role) -> None:
        self._present.inject(text, role)

    def request_response(self, instructions: str | None = None) -> None:
        self._present.request_response(instructions)

    def cancel(self) -> None:
        self._present.cancel()

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        self._present.truncate(item_id, audio_end_ms)

    def send_tool_result(self, call_id: str, output: str) -> None:
        self._present.send_tool_result(call_id, output)

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._events.close()
        await self._first.close()
        if self._present is not self._first:
            await self._present.close()

    async def _run(self) -> None:
        try:
            await self._forward()
        finally:
            self._events.close()

    async def _forward(self) -> None:
        async for event in self._first.events():
            if not isinstance(event, ev.BackendLost):
                self._events.put(event)
                continue
            try:
                self._present = await self._open_spare()
            except BiamiError as error:
                _log.warning("%s; there is no fallback: %s", event.detail, error)
                self._events.put(event)
                return
            _log.warning("%s: the fallback goes on", event.detail)
            self._tell_history(self._present)
            async for other in self._present.events():
                self._events.put(other)

    def _tell_history(self, spare: BackendSession) -> None:
        """Where nothing was said since the caller spoke, an answer is due; before the first word, a greeting."""
        lines = self._first.history.lines()
        for role, text in lines:
            spare.inject(text, role)
        if not lines or lines[-1][0] is not Role.AGENT:
            spare.request_response()
