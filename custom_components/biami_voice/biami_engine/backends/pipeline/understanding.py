"""The caller's words: the first recogniser that answers in time is believed, where it is sure enough."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ...audio.frame import Audio
from ...errors import BackendError, BiamiError
from ...speech.port import Recognition
from ...speech.stages import Transcriber
from ..port import SessionSetup

NOISE = -0.8
"""Below it a recogniser guesses words into noise: nobody is asked to say that again."""
MAX_FAILURES = 3
"""So many turns in a row that nobody could read, and the pipeline is given up."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Understood:
    """`missed`: something was said, and it is worth asking again."""

    text: str = ""
    missed: bool = False


class Understanding:
    """A recogniser that fails is not asked again before the others failed, too."""

    def __init__(self, setup: SessionSetup, stages: Sequence[Transcriber], seconds: float) -> None:
        self._setup = setup
        self._stages = list(stages)
        self._seconds = seconds
        self._failures = 0

    async def words(self, audio: Audio) -> Understood:
        """Raises `BackendError` once nobody could read for `MAX_FAILURES` turns."""
        for stage in list(self._stages):
            try:
                async with asyncio.timeout(self._seconds):
                    recognition = await stage.transcribe(audio, self._setup.language)
            except (BiamiError, TimeoutError) as error:
                reason = error if isinstance(error, BiamiError) else "speech-to-text takes too long"
                _log.warning("%s: %s", self._setup.call_id, reason)
                self._stages.append(self._stages.pop(0))
                continue
            self._failures = 0
            return _judged(recognition)
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            raise BackendError("speech-to-text fails again and again", retriable=True)
        return Understood(missed=True)


def _judged(recognition: Recognition) -> Understood:
    if not any(character.isalnum() for character in recognition.text) or recognition.confidence < NOISE:
        return Understood()
    return Understood(recognition.text) if recognition.confident else Understood(missed=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller said; `early`: it is being read already."""

    item_id: str
    audio: Audio
    early: asyncio.Task[Understood] | None


class Reader:
    """Reads a turn while it is not known yet whether it is over: its end is told after some silence. `early` off: only
    whole turns, because a stage costs money or goes on with what is not wanted any more."""

    def __init__(self, understanding: Understanding, early: bool) -> None:
        self._understanding = understanding
        self._early = early
        self._audio: Audio | None = None
        self._task: asyncio.Task[Understood] | None = None
        self._tasks: set[asyncio.Task[Understood]] = set()

    def pause(self, audio: Audio) -> None:
        """The turn so far."""
        self.resume()
        self._audio = audio
        if self._early:
            self._task = asyncio.create_task(self._understanding.words(audio))
            self._tasks.add(self._task)
            self._task.add_done_callback(self._forget)

    def resume(self) -> None:
        """The caller goes on: what was read is not all."""
        if self._task is not None:
            self._task.cancel()
        self._audio = self._task = None

    def take(self, item_id: str) -> Turn | None:
        """The turn is over."""
        audio, task = self._audio, self._task
        self._audio = self._task = None
        return None if audio is None else Turn(item_id, audio, task)

    async def words(self, turn: Turn) -> Understood:
        """Raises like `Understanding.words`."""
        return await (self._understanding.words(turn.audio) if turn.early is None else turn.early)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _forget(self, task: asyncio.Task[Understood]) -> None:
        """Its failure counts where the turn is read."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()
