"""What a leg's streams were given to play and how much of it was heard; no socket, no clock of its own.

Twilio buffers and plays: audio is sent at once, each piece followed by a mark. What was not heard yet is kept, so that
the next stream of the same leg can go on where a replaced one stopped (at most ten minutes: 31931).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ...audio.frame import Audio
from ...audio.playback_clock import PlaybackClock
from .media import MarkName, mark_frame, media_frame

MAX_UNHEARD_MS = 600_000.0
SAMPLES_PER_MS = 8
MAX_ITEMS = 256
"""Items that were heard to their end are forgotten beyond this number, oldest first."""

Heard = list[tuple[str, float]]
"""(item id, ms heard in all) where it grew."""


@dataclass(slots=True)
class _Item:
    given_ms: float = 0.0
    heard_ms: float = 0.0
    before_ms: float = 0.0
    """Heard on former streams: this stream's clock counts from there."""


@dataclass(slots=True)
class _Piece:
    item_id: str
    start_ms: float
    audio: Audio

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.audio.duration_ms


class StreamPlayout:
    """Frames come back as texts for the socket, in order. Detached, it keeps what it is given."""

    def __init__(self) -> None:
        self.epoch = 0
        """Grows whenever Twilio's buffer is emptied: marks of an earlier one prove nothing (Twilio: `clear`)."""
        self.dropped_ms = 0.0
        """Audio refused because ten minutes were waiting already."""
        self._stream_sid: str | None = None
        self._clock = PlaybackClock()
        self._items: dict[str, _Item] = {}
        self._open: dict[str, _Item] = {}
        self._unheard: deque[_Piece] = deque()
        self._unheard_ms = 0.0

    def attach(self, stream_sid: str, now: float) -> list[str]:
        """Go on with this stream: what was not heard yet is sent again, a half-heard piece from where it stopped."""
        self._stream_sid = stream_sid
        return [text for piece in self._unheard for text in self._send(piece, stream_sid, now)]

    def detach(self, now: float) -> Heard:
        """The stream is gone, or its buffer was emptied for a hold; nothing more is heard until `attach`."""
        grown = self.heard(now)
        self._stream_sid = None
        self._empty_clock()
        for item in self._open.values():
            item.before_ms = int(item.heard_ms * SAMPLES_PER_MS) / SAMPLES_PER_MS
        return grown

    def play(self, item_id: str, audio: Audio, now: float) -> list[str]:
        if self._unheard_ms + audio.duration_ms > MAX_UNHEARD_MS:
            self.dropped_ms += audio.duration_ms
            return []
        item = self._open.get(item_id) or self._reopen(item_id)
        piece = _Piece(item_id, item.given_ms, audio)
        item.given_ms += audio.duration_ms
        self._unheard.append(piece)
        self._unheard_ms += audio.duration_ms
        return [] if self._stream_sid is None else self._send(piece, self._stream_sid, now)

    def mark_echoed(self, name: str, now: float) -> Heard:
        mark = MarkName.parse(name)
        item = self._items.get(mark.item_id) if mark is not None else None
        if mark is None or item is None or mark.epoch != self.epoch:
            return []
        on_this_stream = mark.cumulative_ms - item.before_ms
        if on_this_stream > 0:
            self._clock.mark(mark.item_id, on_this_stream, now)
        return self.heard(now)

    def heard(self, now: float) -> Heard:
        """The positions that grew since they were last told."""
        grown = []
        for item_id, item in list(self._open.items()):
            position = min(item.given_ms, item.before_ms + self._clock.position(item_id, now))
            if position > item.heard_ms:
                item.heard_ms = position
                grown.append((item_id, position))
            if position >= item.given_ms:
                del self._open[item_id]
        while self._unheard and self._unheard[0].end_ms <= self._items[self._unheard[0].item_id].heard_ms:
            self._unheard_ms -= self._unheard.popleft().audio.duration_ms
        return grown

    def clear(self, now: float) -> Heard:
        """Forget everything; the final position of each item that was not heard to its end."""
        unfinished = list(self._open)
        grown = dict(self.heard(now))
        final = [(item_id, self._items[item_id].heard_ms) for item_id in dict.fromkeys([*grown, *unfinished])]
        self._items.clear()
        self._open.clear()
        self._unheard.clear()
        self._unheard_ms = 0.0
        self._empty_clock()
        return final

    @property
    def playing(self) -> bool:
        """Something was sent on a stream and is not heard to its end."""
        return self._stream_sid is not None and bool(self._open)

    def _send(self, piece: _Piece, stream_sid: str, now: float) -> list[str]:
        skip_ms = self._items[piece.item_id].before_ms - piece.start_ms
        audio = piece.audio.slice(skip_ms) if skip_ms > 0 else piece.audio
        self._clock.sent(piece.item_id, audio.duration_ms, now)
        name = str(MarkName(self.epoch, piece.item_id, piece.end_ms))
        return [media_frame(stream_sid, audio.base64), mark_frame(stream_sid, name)]

    def _empty_clock(self) -> None:
        self._clock = PlaybackClock()
        self.epoch += 1

    def _reopen(self, item_id: str) -> _Item:
        """A new item, or one whose audio so far was heard to its end."""
        if item_id not in self._items and len(self._items) >= MAX_ITEMS:
            heard = next((known for known in self._items if known not in self._open), None)
            if heard is not None:
                del self._items[heard]
        item = self._open[item_id] = self._items.setdefault(item_id, _Item())
        item.before_ms = item.given_ms - self._clock.sent_ms(item_id)
        return item
