"""Two phones that hear each other, as `<Dial>` connects them."""

from __future__ import annotations

from collections import deque

from .call import LabCall
from .playout import SILENCE

MAX_FRAMES = 10
"""200 ms between two ticking lines; older sound is dropped."""


class Pipe:
    """Sound from one line's microphone to the other's ear."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=MAX_FRAMES)

    def send_frame(self, frame: bytes, at: float) -> None:
        self._frames.append(frame)

    def read_frame(self, at: float) -> bytes:
        return self._frames.popleft() if self._frames else SILENCE


def bridge(one: LabCall, other: LabCall) -> None:
    there, back = Pipe(), Pipe()
    one.sink, other.source = there.send_frame, there
    other.sink, one.source = back.send_frame, back
