"""What the agent of a session said, as far as it was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.transcript import heard_part


@dataclass(slots=True)
class _Line:
    pieces: list[tuple[str, float]] = field(default_factory=list)
    heard_ms: float | None = None

    @property
    def whole_ms(self) -> float:
        return sum(ms for _, ms in self.pieces)

    def text(self) -> str:
        left = self.whole_ms if self.heard_ms is None else self.heard_ms
        parts = []
        for text, ms in self.pieces:
            parts.append(heard_part(text, max(0.0, left), ms))
            left -= ms
        return " ".join(part for part in parts if part)


class Said:
    """Lines by item, in the order in which they were begun."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def add(self, item_id: str, text: str, ms: float) -> None:
        """A further sentence of an item."""
        self._lines.setdefault(item_id, _Line()).pieces.append((text, ms))

    def truncate(self, item_id: str, heard_ms: float) -> bool:
        """No more of it was heard than this; False for an item that was never said."""
        line = self._lines.get(item_id)
        if line is None:
            return False
        line.heard_ms = min(max(0.0, heard_ms), line.whole_ms)
        return True

    def lines(self) -> list[str]:
        """The texts as heard; what was not heard at all is left out."""
        return [text for line in self._lines.values() if (text := line.text())]
