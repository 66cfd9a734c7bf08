"""The play-out clock: what Twilio buffered of a stream's media, and what of it reached the ear when.

Pure: `next_frame` is called once every 20 ms of lab time. Positions count the bytes ever accepted; a clear leaves a
gap. So for each message of the server it can be said how much of it was heard, which is what truncation must match.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

FRAME_BYTES = 160
FRAME_SECONDS = 0.02
BYTES_PER_SECOND = 8000
SILENCE = b"\xff" * FRAME_BYTES
MAX_BUFFERED_BYTES = 600 * BYTES_PER_SECOND
"""10 minutes; what comes on top is dropped with Twilio's error 31931."""


@dataclass(frozen=True, slots=True)
class MediaMessage:
    """One `media` message as it arrived: its place among all bytes, and when (lab seconds)."""

    at: float
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(slots=True)
class Mark:
    name: str
    at: float
    position: int
    returned_at: float | None = None
    cleared: bool = False
    """Returned by a clear: it does not say that its audio was heard."""


@dataclass(slots=True)
class PlayedRun:
    """Bytes `start`..`end` went into the ear without a break, beginning at lab time `at`."""

    at: float
    start: int
    end: int

    @property
    def ends_at(self) -> float:
        return self.at + (self.end - self.start) / BYTES_PER_SECOND


class Playout:
    def __init__(self) -> None:
        self.messages: list[MediaMessage] = []
        self.marks: list[Mark] = []
        self.runs: list[PlayedRun] = []
        self.clears: list[float] = []
        self._buffer: deque[memoryview] = deque()
        self._pending: deque[Mark] = deque()
        self._received = 0
        self._position = 0
        self._finished = 0

    @property
    def buffered_bytes(self) -> int:
        return self._received - self._position

    def receive(self, payload: bytes, at: float) -> bool:
        """Buffer media; False where the 10 minutes are full and some of it was dropped."""
        accepted = payload[: MAX_BUFFERED_BYTES - self.buffered_bytes]
        self.messages.append(MediaMessage(at, self._received, len(accepted)))
        if accepted:
            self._buffer.append(memoryview(accepted))
            self._received += len(accepted)
        return len(accepted) == len(payload)

    def mark(self, name: str, at: float) -> list[str]:
        """Remember a mark; the names to return now (this one, where nothing is left to play before it)."""
        mark = Mark(name, at, self._received)
        self.marks.append(mark)
        self._pending.append(mark)
        return self._reached(at)

    def clear(self, at: float) -> list[str]:
        """Drop what is buffered; every mark that waits is returned at once (Twilio: `mark` and `clear`)."""
        self.clears.append(at)
        self._buffer.clear()
        self._position = self._finished = self._received
        names = []
        while self._pending:
            mark = self._pending.popleft()
            mark.returned_at, mark.cleared = at, True
            names.append(mark.name)
        return names

    def next_frame(self, at: float) -> tuple[list[str], bytes]:
        """The marks whose audio has finished by now, and the 20 ms that the ear hears from now on."""
        self._finished = self._position
        names = self._reached(at)
        frame = self._take()
        if frame:
            self._note_run(at, len(frame))
        return names, frame + SILENCE[len(frame) :]

    def _reached(self, at: float) -> list[str]:
        names = []
        while self._pending and self._pending[0].position <= self._finished:
            mark = self._pending.popleft()
            mark.returned_at = at
            names.append(mark.name)
        return names

    def _take(self) -> bytes:
        frame = b""
        while self._buffer and len(frame) < FRAME_BYTES:
            chunk = self._buffer.popleft()
            need = FRAME_BYTES - len(frame)
            frame += chunk[:need]
            if len(chunk) > need:
                self._buffer.appendleft(chunk[need:])
        return frame

    def _note_run(self, at: float, size: int) -> None:
        last = self.runs[-1] if self.runs else None
        start, self._position = self._position, self._position + size
        if last is not None and last.end == start and abs(last.ends_at - at) < 1e-6:
            last.end = self._position
        else:
            self.runs.append(PlayedRun(at, start, self._position))

    def played_ms(self, start: int, end: int, until: float | None = None) -> float:
        """How many ms of the bytes `start`..`end` the ear heard, in all or up to lab time `until`."""
        heard = 0.0
        for run in self.runs:
            stop = run.end
            if until is not None:
                stop = min(stop, run.start + int(max(0.0, until - run.at) * BYTES_PER_SECOND))
            heard += max(0, min(end, stop) - max(start, run.start))
        return heard / (BYTES_PER_SECOND / 1000)

    def played_by(self, label: Callable[[str], str], until: float | None = None) -> dict[str, float]:
        """Heard ms per label, where `label` reads it from the name of the mark that follows the media."""
        totals: dict[str, float] = {}
        begin = 0
        for mark in self.marks:
            name = label(mark.name)
            totals[name] = totals.get(name, 0.0) + self.played_ms(begin, mark.position, until)
            begin = mark.position
        return totals
