"""A telephone on the table: its microphone hears its own loudspeaker, softer and a little later.

With `seconds` it has an echo canceller, which needs so much sound to learn.
"""

from __future__ import annotations

from collections import deque

from ...audio.frame import PCMU_8K, Audio
from ...audio.mixing import gain, mix
from .loudness import is_loud
from .playout import FRAME_SECONDS, SILENCE


class Loudspeaker:
    def __init__(self, gain_db: float, delay_ms: float, seconds: float | None = None) -> None:
        self._gain_db = gain_db
        self._left = seconds
        self._on_its_way: deque[bytes] = deque([SILENCE] * max(1, round(delay_ms / 1000 / FRAME_SECONDS)))

    def add(self, spoken: bytes, heard: bytes) -> bytes:
        """What the microphone gives while `heard` comes out of the loudspeaker."""
        self._on_its_way.append(heard if self._echoes(heard) else SILENCE)
        echo = gain(Audio(PCMU_8K, self._on_its_way.popleft()), self._gain_db)
        return mix(Audio(PCMU_8K, spoken), echo).payload

    def _echoes(self, heard: bytes) -> bool:
        if self._left is None:
            return True
        if is_loud(heard):
            self._left -= FRAME_SECONDS
        return self._left > 0
