"""Who said what, as it was heard: pieces are gathered by item, a line is settled when its sound is over."""

from __future__ import annotations

from dataclasses import dataclass

from ..interface import Role


@dataclass(slots=True)
class _Line:
    role: Role
    at_ms: int
    text: str = ""
    final: bool = False
    heard: bool = False


def heard_part(text: str, heard_ms: float, generated_ms: float) -> str:
    """The words that fit into what was heard, by even pace: a sentence cut at half its sound keeps half its words."""
    if generated_ms <= 0 or heard_ms >= generated_ms:
        return text
    words = text.split()
    return " ".join(words[: int(len(words) * heard_ms / generated_ms)])


class TranscriptBook:
    """Open lines of a conversation. `at_ms` counts from the answer of the call."""

    __slots__ = ("_closed", "_lines")

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._closed: set[str] = set()

    def begin(self, item_id: str, role: Role, at_ms: int) -> None:
        """An item's sound begins now, whenever its text may come."""
        if item_id not in self._closed:
            self._lines.setdefault(item_id, _Line(role, at_ms))

    def heard_from(self, item_id: str, at_ms: int) -> None:
        """The item's first sound was heard then; it may have waited for other words before it."""
        line = self._lines.get(item_id)
        if line is not None and not line.heard:
            line.heard = True
            line.at_ms = at_ms

    def add(self, item_id: str, role: Role, text: str, final: bool, at_ms: int) -> bool:
        """Text of an item; False where its line is closed already."""
        if item_id in self._closed:
            return False
        line = self._lines.setdefault(item_id, _Line(role, at_ms))
        line.text = text if final else line.text + text
        line.final = line.final or final
        return True

    def has_text(self, item_id: str) -> bool:
        line = self._lines.get(item_id)
        return line is not None and bool(line.text)

    def discard(self, item_id: str) -> None:
        """The line was never spoken."""
        self._lines.pop(item_id, None)
        self._closed.add(item_id)

    def is_final(self, item_id: str) -> bool:
        line = self._lines.get(item_id)
        return line is not None and line.final

    def settle(self, item_id: str, heard_ms: float, generated_ms: float) -> dict[str, object] | None:
        """Close a line; its data for a `turn` report, None where nothing was said or it is closed already."""
        line = self._lines.pop(item_id, None)
        if line is None:
            return None
        self._closed.add(item_id)
        if line.role is Role.AGENT and generated_ms <= 0:
            return None  # cancelled before it was sound: nobody heard it
        interrupted = heard_ms < generated_ms
        text = heard_part(line.text, heard_ms, generated_ms).strip()
        if not text:
            return None
        return {"role": line.role.value, "text": text, "at_ms": line.at_ms, "interrupted": interrupted}

    def open_items(self) -> list[str]:
        return list(self._lines)
