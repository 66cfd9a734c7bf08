"""What the far end has played of each item, where it buffers (Twilio's media stream). Seconds in, milliseconds out.

Sent sound is a chain of runs. A run begins when it was sent, or when the one before it ends, and plays at the speed of
time; where the buffer ran empty, the next sound begins a new run. An echoed mark proves what was heard (Twilio: the
mark comes back once the media before it was played) and moves the chain where the clock was wrong.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_RUNS = 64
"""Beyond it the oldest run is joined to the next one of its item, or its item is forgotten."""
MARK_DELAY_SECONDS = 0.02
"""A mark that comes up to so much later than expected proves nothing: that is its own way back."""


@dataclass(slots=True)
class _Run:
    item_id: str
    sent_at: float
    starts_at: float
    ms: float
    heard_ms: float = 0.0
    """Proven or already reported; the position never falls below it."""

    @property
    def ends_at(self) -> float:
        return self.starts_at + self.ms / 1000

    def position(self, now: float) -> float:
        self.heard_ms = max(self.heard_ms, min(self.ms, (now - self.starts_at) * 1000))
        return self.heard_ms


class PlaybackClock:
    """One for each stream. A position never goes back and never beyond what was sent."""

    def __init__(self, mark_delay_seconds: float = MARK_DELAY_SECONDS) -> None:
        self._mark_delay = mark_delay_seconds
        self._runs: deque[_Run] = deque()

    def sent(self, item_id: str, ms: float, now: float) -> None:
        """`ms` more of an item went out."""
        last = self._runs[-1] if self._runs else None
        if last is not None and last.item_id == item_id and now <= last.ends_at:
            last.ms += ms
        else:
            starts_at = now if last is None else max(now, last.ends_at)
            self._runs.append(_Run(item_id, now, starts_at, ms))
            if len(self._runs) > MAX_RUNS:
                self._forget_oldest()

    def position(self, item_id: str, now: float) -> float:
        """How much of an item has been heard; 0 for an item that is not known."""
        return sum(run.position(now) for run in self._runs if run.item_id == item_id)

    def sent_ms(self, item_id: str) -> float:
        """How much of an item went out."""
        return sum(run.ms for run in self._runs if run.item_id == item_id)

    def ends_at(self) -> float | None:
        """When all that was sent will have been heard; None where nothing was sent."""
        return self._runs[-1].ends_at if self._runs else None

    def mark(self, item_id: str, cumulative_ms: float, now: float) -> None:
        """The far end echoed: so much of the item was heard by now. An item it does not know is ignored."""
        found: int | None = None
        start = end = 0.0
        for index, run in enumerate(self._runs):
            if run.item_id == item_id and (found is None or cumulative_ms > end):
                found, start, end = index, end, end + run.ms
        if found is not None:
            self._prove(found, min(cumulative_ms, end) - start, now)

    def clear(self, now: float) -> dict[str, float]:
        """Empty: the heard position of every item known, in the order they were sent."""
        positions = {run.item_id: 0.0 for run in self._runs}
        for run in self._runs:
            positions[run.item_id] += run.position(now)
        self._runs.clear()
        return positions

    def _prove(self, index: int, ms: float, now: float) -> None:
        """`ms` of a run were heard by now, and with it all before it."""
        run = self._runs[index]
        late = now - (run.starts_at + ms / 1000)
        if late < 0:
            run.starts_at += late
        elif late > self._mark_delay:
            run.starts_at += late - self._mark_delay
        run.heard_ms = max(run.heard_ms, ms)
        self._chain(index)

    def _chain(self, proven: int) -> None:
        for index, run in enumerate(self._runs):
            if index < proven:
                run.heard_ms = run.ms
            elif index > proven:
                run.starts_at = max(run.sent_at, self._runs[index - 1].ends_at)

    def _forget_oldest(self) -> None:
        oldest = self._runs.popleft()
        following = self._runs[0]
        if following.item_id == oldest.item_id:
            following.starts_at -= oldest.ms / 1000
            following.ms += oldest.ms
            following.heard_ms += oldest.ms
