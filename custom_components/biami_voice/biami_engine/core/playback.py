"""What one leg was given to hear, item by item, and how much of it was heard.

Audio that was not heard yet is kept, so that a pause (a possible interruption, hold, a phone that still rings) can go
on where it stopped. After a clear the rest of an item is sent under a new wire id, because the leg counts from zero
again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ..audio.frame import Audio

MAX_UNHEARD_MS = 600_000.0
"""Ten minutes: Twilio discards what is buffered beyond (31931), and so do we."""


@dataclass(slots=True)
class _Item:
    id: str
    wire_id: str
    wire_offset_ms: float = 0.0
    """Position in the item where this wire id begins."""
    generated_ms: float = 0.0
    sent_ms: float = 0.0
    heard_ms: float = 0.0
    done: bool = False
    cut: bool = False
    resumes: int = 0
    unheard: deque[tuple[float, Audio]] = field(default_factory=deque)

    @property
    def finished(self) -> bool:
        return self.cut or (self.done and self.heard_ms >= self.generated_ms)


class Playback:
    """The items of one leg in the order of their first audio. Paused, it takes audio but sends none."""

    __slots__ = ("_by_wire", "_items", "_unfinished", "paused")

    def __init__(self, paused: bool = False) -> None:
        self._items: dict[str, _Item] = {}
        self._by_wire: dict[str, _Item] = {}
        self._unfinished: dict[str, _Item] = {}
        self.paused = paused

    @property
    def unheard_ms(self) -> float:
        """What was generated for this leg, is not cancelled and not heard."""
        return sum(item.generated_ms - item.heard_ms for item in self._unfinished.values())

    @property
    def heard_out(self) -> bool:
        """Nothing is left to hear, though an item may still get audio."""
        return all(item.heard_ms >= item.generated_ms for item in self._unfinished.values())

    @property
    def present_item(self) -> str | None:
        """The item that is heard now, or next."""
        return next(iter(self._unfinished), None)

    def knows(self, item_id: str) -> bool:
        return item_id in self._items

    def heard_ms(self, item_id: str) -> float:
        item = self._items.get(item_id)
        return item.heard_ms if item else 0.0

    def generated_ms(self, item_id: str) -> float:
        item = self._items.get(item_id)
        return item.generated_ms if item else 0.0

    def is_finished(self, item_id: str) -> bool:
        """Heard to its end, or cut."""
        item = self._items.get(item_id)
        return item is not None and item.finished

    def append(self, item_id: str, audio: Audio) -> list[tuple[str, Audio]]:
        """Take audio of an item; returns what to send now as (wire id, audio). Audio of a cut item is dropped."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = self._unfinished[item_id] = _Item(item_id, item_id)
            self._by_wire[item_id] = item
        if item.cut or item.done or self.unheard_ms + audio.duration_ms > MAX_UNHEARD_MS:
            return []
        item.unheard.append((item.generated_ms, audio))
        item.generated_ms += audio.duration_ms
        if self.paused:
            return []
        item.sent_ms = item.generated_ms
        return [(item.wire_id, audio)]

    def forbid(self, item_id: str) -> None:
        """Audio that may still come for this item is never played."""
        if item_id not in self._items:
            self._items[item_id] = _Item(item_id, item_id, cut=True)

    def finish(self, item_id: str) -> None:
        """No more audio will come for this item."""
        item = self._items.get(item_id)
        if item is not None:
            item.done = True
            self._settle(item)

    def played(self, wire_id: str, ms: float) -> str | None:
        """The leg heard `ms` under this wire id; returns the item's id. Never goes back, never beyond what was sent."""
        item = self._by_wire.get(wire_id)
        if item is None:
            return None
        position = min(item.wire_offset_ms + ms, item.sent_ms)
        if position > item.heard_ms:
            item.heard_ms = position
            while item.unheard and item.unheard[0][0] + item.unheard[0][1].duration_ms <= position:
                item.unheard.popleft()
            self._settle(item)
        return item.id

    def rewind(self) -> None:
        """The leg was cleared and its positions are final: what was not heard counts as not sent."""
        for item in self._unfinished.values():
            if item.sent_ms > 0:
                item.resumes += 1
                # A whole sample of 8 kHz: the rest is cut there, and its end must add up to the item's.
                item.heard_ms = int(item.heard_ms * 8) / 8
                item.wire_offset_ms = item.sent_ms = item.heard_ms
                item.wire_id = f"{item.id}~{item.resumes}"
                self._by_wire[item.wire_id] = item

    def release(self) -> list[tuple[str, Audio]]:
        """Go on after a pause: everything unsent, in order, as (wire id, audio)."""
        self.paused = False
        due: list[tuple[str, Audio]] = []
        for item in self._unfinished.values():
            for start_ms, audio in item.unheard:
                if start_ms + audio.duration_ms <= item.sent_ms:
                    continue
                skip = item.sent_ms - start_ms
                due.append((item.wire_id, audio.slice(skip) if skip > 0 else audio))
            item.sent_ms = item.generated_ms
        return due

    def cut(self) -> list[str]:
        """Cancel every unfinished item; later audio of them is dropped. Returns their ids in order."""
        cut = list(self._unfinished)
        for item in self._unfinished.values():
            item.cut = True
            item.unheard.clear()
        self._unfinished.clear()
        return cut

    def cut_one(self, item_id: str) -> None:
        """Cancel a single item."""
        item = self._unfinished.pop(item_id, None)
        if item is not None:
            item.cut = True
            item.unheard.clear()

    def _settle(self, item: _Item) -> None:
        if item.finished:
            self._unfinished.pop(item.id, None)
