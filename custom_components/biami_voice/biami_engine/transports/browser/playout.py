"""What a page was given to hear: how much may be sent now, and how much of it was heard. No I/O, no clock.

The page buffers as little as smooth sound allows: by the clock it is never more than `AHEAD_MS` ahead of the ear. A
page that falls behind by its own counter (a suspended AudioContext, a stalled network) is given nothing more until it
reports again.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...audio.frame import PCM16_24K, Audio
from ...audio.playout import Pacer, PlayoutBuffer, PlayoutPiece

AHEAD_MS = 200.0
STEP_MS = 40.0
"""Sound is sent in steps of this length once the page is `AHEAD_MS` ahead."""
MAX_UNREPORTED_MS = 800.0
"""`AHEAD_MS` and what a slow network may hold in both directions."""
MAX_ITEMS_KEPT = 64


@dataclass(slots=True)
class _Sent:
    epoch: int
    ms: float = 0.0
    heard_ms: float = 0.0


class PagePlayout:
    """The items of one leg, in order. Each clear starts a new epoch, in which no sample of the one before is sent."""

    def __init__(self) -> None:
        self.epoch = 0
        self._buffer = PlayoutBuffer(PCM16_24K)
        self._pacer = Pacer(AHEAD_MS)
        self._sent: dict[str, _Sent] = {}

    def put(self, item_id: str, audio: Audio) -> bool:
        """False where ten minutes wait already and the sound was dropped."""
        return self._buffer.write(item_id, audio)

    def take(self, now: float) -> list[PlayoutPiece]:
        """What may be sent now, counted as sent."""
        room_ms = min(self._pacer.due_ms(now), self._unreported_room_ms())
        if room_ms < STEP_MS:
            return []
        pieces = self._buffer.pull(room_ms)
        for piece in pieces:
            self._pacer.sent(piece.audio.duration_ms, now)
            self._count(piece)
        return pieces

    def next_due(self, now: float) -> float | None:
        """When `take` will have something again; None where only a report of the page can make it so."""
        if not self._buffer.waiting_ms or self._unreported_room_ms() < STEP_MS:
            return None
        return now + max(0.0, self._pacer.unplayed_ms(now) - AHEAD_MS + STEP_MS) / 1000

    def heard(self, item_id: str, ms: float) -> float | None:
        """The page's counter of an item: the position to report, or None where it is nothing new."""
        item = self._sent.get(item_id)
        if item is None:
            return None
        position = min(ms, item.ms)
        if position <= item.heard_ms:
            return None
        item.heard_ms = position
        return position

    def clear(self) -> int:
        """Forget what waits and what the page will drop; returns the epoch that ended."""
        ended = self.epoch
        self.epoch += 1
        self._buffer.clear()
        self._pacer.reset()
        return ended

    def settle(self, epoch: int) -> None:
        """Positions of this epoch and of those before are final: later reports of them are ignored."""
        self._sent = {item_id: item for item_id, item in self._sent.items() if item.epoch > epoch}

    def _count(self, piece: PlayoutPiece) -> None:
        item = self._sent.get(piece.item_id)
        if item is None:
            item = self._sent[piece.item_id] = _Sent(self.epoch)
            if len(self._sent) > MAX_ITEMS_KEPT:
                del self._sent[next(iter(self._sent))]
        item.ms += piece.audio.duration_ms

    def _unreported_room_ms(self) -> float:
        unreported = sum(item.ms - item.heard_ms for item in self._sent.values() if item.epoch == self.epoch)
        return MAX_UNREPORTED_MS - unreported
