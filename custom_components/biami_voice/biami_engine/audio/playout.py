"""Sound written ahead and pulled as it falls due, for wires that do not buffer (SIP, the browser).

`PlayoutBuffer` knows what was pulled of each item; `Pacer` says how much is due so that the far end is never more than
`ahead_ms` ahead: what is there already cannot be taken back quickly.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .frame import Audio, AudioFormat

MAX_BUFFERED_MS = 600_000.0
MAX_ITEMS = 64
"""Positions remembered; the oldest item that was pulled to its end is forgotten first."""


@dataclass(frozen=True, slots=True)
class PlayoutPiece:
    """Sound of one item; after it `heard_ms` of the item have been pulled in all."""

    item_id: str
    audio: Audio
    heard_ms: float


@dataclass(slots=True)
class _Written:
    item_id: str
    audio: Audio
    cut_bytes: int = 0


class PlayoutBuffer:
    """First in, first out, by item. Over `max_ms` new sound is refused: what was said first is heard first."""

    def __init__(self, format: AudioFormat, max_ms: float = MAX_BUFFERED_MS) -> None:
        self.format = format
        self._max_bytes = int(max_ms * format.rate_hz / 1000) * format.sample_bytes
        self._waiting: deque[_Written] = deque()
        self._waiting_bytes = 0
        self._pulled: dict[str, int] = {}

    @property
    def waiting_ms(self) -> float:
        """Sound written and not pulled yet."""
        return self._waiting_bytes / self.format.bytes_per_ms

    def write(self, item_id: str, audio: Audio) -> bool:
        """Append; False where the buffer is full and the sound was dropped. Raises ValueError for another format."""
        if audio.format != self.format:
            raise ValueError(f"This buffer takes {self.format}, not {audio.format}.")
        size = len(audio.payload)
        if self._waiting_bytes + size > self._max_bytes:
            return False
        if size:
            self._waiting.append(_Written(item_id, audio))
            self._waiting_bytes += size
        return True

    def pull(self, ms: float) -> list[PlayoutPiece]:
        """At most `ms` of what was written, in order, cut at whole samples; nothing where nothing waits."""
        wanted = round(ms * self.format.rate_hz / 1000) * self.format.sample_bytes
        pieces: list[PlayoutPiece] = []
        while wanted > 0 and self._waiting:
            piece = self._take(wanted)
            wanted -= len(piece.audio.payload)
            pieces.append(piece)
        return pieces

    def pull_frame(self, ms: float) -> tuple[Audio, list[PlayoutPiece]]:
        """Exactly `ms`, silence where nothing waits, and the pieces in it: what an RTP timer sends."""
        pieces = self.pull(ms)
        wanted = round(ms * self.format.rate_hz / 1000)
        if len(pieces) == 1 and len(pieces[0].audio.payload) == wanted * self.format.sample_bytes:
            return pieces[0].audio, pieces
        sound = b"".join(piece.audio.payload for piece in pieces)
        silence = self.format.silence * (wanted - len(sound) // self.format.sample_bytes)
        return Audio(self.format, sound + silence), pieces

    def position(self, item_id: str) -> float:
        """How much of an item was pulled since the last clear; 0 for an item that is not known."""
        return self._pulled.get(item_id, 0) / self.format.bytes_per_ms

    def clear(self) -> dict[str, float]:
        """Drop what waits; the position of every item known, in the order they were heard. Then as new."""
        items = list(self._pulled) + [written.item_id for written in self._waiting]
        positions = {item_id: self.position(item_id) for item_id in items}
        self._waiting.clear()
        self._waiting_bytes = 0
        self._pulled.clear()
        return positions

    def _take(self, wanted: int) -> PlayoutPiece:
        """The front of the queue, at most `wanted` bytes of it; a chunk taken whole stays the same object."""
        front = self._waiting[0]
        payload = front.audio.payload
        taken = payload[front.cut_bytes : front.cut_bytes + wanted]
        front.cut_bytes += len(taken)
        if front.cut_bytes == len(payload):
            self._waiting.popleft()
        self._waiting_bytes -= len(taken)
        pulled = self._pulled.get(front.item_id, 0) + len(taken)
        self._pulled[front.item_id] = pulled
        if len(self._pulled) > MAX_ITEMS:
            self._forget_oldest()
        audio = front.audio if len(taken) == len(payload) else Audio(self.format, taken)
        return PlayoutPiece(front.item_id, audio, pulled / self.format.bytes_per_ms)

    def _forget_oldest(self) -> None:
        busy = {written.item_id for written in self._waiting}
        oldest = next((item_id for item_id in self._pulled if item_id not in busy), None)
        if oldest is not None:
            del self._pulled[oldest]


class Pacer:
    """Keeps a far end that plays at its own steady speed at most `ahead_ms` ahead. Times are seconds."""

    __slots__ = ("_empty_at", "ahead_ms")

    def __init__(self, ahead_ms: float = 200.0) -> None:
        self.ahead_ms = ahead_ms
        self._empty_at = float("-inf")

    def due_ms(self, now: float) -> float:
        """How much may be sent now."""
        return max(0.0, self.ahead_ms - self.unplayed_ms(now))

    def unplayed_ms(self, now: float) -> float:
        """How much of what was sent is not played yet."""
        return max(0.0, (self._empty_at - now) * 1000)

    def sent(self, ms: float, now: float) -> None:
        """`ms` of sound went out; after a pause the far end starts with it at once."""
        self._empty_at = max(self._empty_at, now) + ms / 1000

    def reset(self) -> None:
        """The far end was cleared."""
        self._empty_at = float("-inf")
