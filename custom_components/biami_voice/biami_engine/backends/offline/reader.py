"""Reads what was said while the caller is still silent, so that the words are there when the turn is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ...audio.frame import Audio
from ...errors import BiamiError
from ...speech.port import Listener, Recognition

_log = logging.getLogger(__name__)

SURELY_NOISE = -0.6
"""Below it there were no words, or of another language."""
SHORTEST_MS = 450.0
"""Speech that was not understood is asked for again only where it was longer: coughs and clicks are not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one turn, which may not be known yet."""

    item_id: str
    voiced_ms: float
    task: asyncio.Task[Recognition]

    async def recognition(self) -> Recognition:
        return await self.task

    def likely_speech(self, recognition: Recognition) -> bool:
        """Something was said, whatever it was."""
        return recognition.confidence >= SURELY_NOISE or self.voiced_ms >= SHORTEST_MS


class Reader:
    """`prepare` gets the words of a pause: the turn may be over."""

    def __init__(self, listener: Listener, recogniser: str, prepare: Callable[[str], Awaitable[None]]) -> None:
        self._listener = listener
        self._recogniser = recogniser
        self._prepare = prepare
        self._task: asyncio.Task[Recognition] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._voiced_ms = 0.0
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def text(self) -> str | None:
        """Of the present pause; None: not known yet."""
        task = self._task
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result().text

    def read(self, audio: Audio, voiced_ms: float) -> None:
        """A pause: `audio` is the turn so far."""
        self.forget()
        self._voiced_ms = voiced_ms
        self._task = asyncio.create_task(self._listener.transcribe(audio, self._recogniser))
        self._keep(self._task)
        self._preparing = asyncio.create_task(self._prepare_for(self._task))
        self._keep(self._preparing)

    def forget(self) -> None:
        """The caller goes on: what was read is not all."""
        for task in (self._preparing, self._task):
            if task is not None:
                task.cancel()
        self._task = self._preparing = None

    def take(self, item_id: str) -> Reading | None:
        """The turn is over."""
        task, self._task = self._task, None
        return None if task is None else Reading(item_id, self._voiced_ms, task)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _prepare_for(self, task: asyncio.Task[Recognition]) -> None:
        """What goes wrong here goes wrong again, and is told, when the turn is over."""
        try:
            recognition = await asyncio.shield(task)
            if recognition.confident and recognition.text:
                await self._prepare(recognition.text)
        except BiamiError as error:
            _log.debug("an answer could not be prepared: %s", error)

    def _keep(self, task: asyncio.Task[object]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
