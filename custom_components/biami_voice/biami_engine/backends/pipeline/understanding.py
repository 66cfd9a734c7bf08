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
