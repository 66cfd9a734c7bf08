"""What a browser was given to hear: how much may be sent now, and how much of it was heard. No I/O, no clock.

The page buffers as little as smooth sound allows: by the clock it is never more than `AHEAD_MS` ahead of the ear. A
page that falls behind by its own counter (a suspended AudioContext, a stalled network) is given nothing more until it
reports again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ...audio.frame import Audio

AHEAD_MS = 200.0
STEP_MS = 40.0
"""Sound is sent in steps of this length once the page is `AHEAD_MS` ahead."""
MAX_UNREPORTED_MS = 800.0
"""`AHEAD_MS` and what a slow network may hold in both directions."""
MAX_WAITING_MS = 600_000.0
MAX_ITEMS_KEPT = 64


@dataclass(slots=True)
class _Sent:
    epoch: int
    sent_ms: float = 0.0
    heard_ms: float = 0.0


class Pacing:
    """The items of one leg, in order. Each clear starts a new epoch, in which no sample of the one before is sent."""

    __slots__ = ("_ends_at", "_sent", "_waiting", "_waiting_ms", "dropped_ms", "epoch")

    def __init__(self) -> None:
        self.epoch = 0
        self.dropped_ms = 0.0
        """Audio refused because ten minutes were waiting already."""
        self._waiting: deque[tuple[str, Audio]] = deque()
        self._waiting_ms = 0.0
        self._sent: dict[str, _Sent] = {}
        self._ends_at = 0.0

    def put(self, item_id: str, audio: Audio) -> None:
        if self._waiting_ms + audio.duration_ms > MAX_WAITING_MS:
            self.dropped_ms += audio.duration_ms
            return
        self._waiting.append((item_id, audio))
        self._waiting_ms += audio.duration_ms

    def take(self, now: float) -> Iterator[tuple[str, bytes]]:
        """What may be sent now, as (item id, samples), counted as sent."""
        self._ends_at = max(self._ends_at, now)
        while self._waiting:
            room_ms = self._room_ms(now)
            if room_ms < STEP_MS:
                return
            item_id, audio = self._waiting.popleft()
            if audio.duration_ms > room_ms:
                self._waiting.appendleft((item_id, audio.slice(room_ms)))
                audio = audio.slice(0, room_ms)
            yield item_id, self._count_sent(item_id, audio)

    def _room_ms(self, now: float) -> float:
        by_clock = AHEAD_MS - (self._ends_at - now) * 1000
        return min(by_clock, MAX_UNREPORTED_MS - self._unreported_ms())

    def _count_sent(self, item_id: str, audio: Audio) -> bytes:
        self._waiting_ms -= audio.duration_ms
        self._ends_at += audio.duration_ms / 1000
        item = self._sent.get(item_id)
        if item is None:
            item = self._sent[item_id] = _Sent(self.epoch)
            if len(self._sent) > MAX_ITEMS_KEPT:
                del self._sent[next(iter(self._sent))]
        item.sent_ms += audio.duration_ms
        return audio.payload

    def next_due(self, now: float) -> float | None:
        """When `take` will have something again; None where only a report of the page can make it so."""
        if not self._waiting or MAX_UNREPORTED_MS - self._unreported_ms() < STEP_MS:
            return None
        return max(now, self._ends_at - (AHEAD_MS - STEP_MS) / 1000)

    def heard(self, item_id: str, ms: float) -> float | None:
        """The page's counter of an item: the position to report, or None where it is nothing new."""
        item = self._sent.get(item_id)
        if item is None:
            return None
        position = min(ms, item.sent_ms)
        if position <= item.heard_ms:
            return None
        item.heard_ms = position
        return position

    def clear(self) -> int:
        """Forget what waits and what the page will drop; returns the epoch that ended."""
        ended = self.epoch
        self.epoch += 1
        self._waiting.clear()
        self._waiting_ms = 0.0
        self._ends_at = 0.0
        return ended

    def settle(self, epoch: int) -> None:
        """Positions of this epoch and of those before are final: later reports of them are ignored."""
        for item_id in [item_id for item_id, item in self._sent.items() if item.epoch <= epoch]:
            del self._sent[item_id]

    def _unreported_ms(self) -> float:
        return sum(item.sent_ms - item.heard_ms for item in self._sent.values() if item.epoch == self.epoch)
