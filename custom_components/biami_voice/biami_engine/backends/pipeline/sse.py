"""Server-sent events (WHATWG HTML, 9.2.6) without I/O: bytes in, the `data` of each event out."""

from __future__ import annotations

from ...errors import BackendError

MAX_EVENT_BYTES = 2**20


class SseDecoder:
    """Other fields and comments (keep-alives) are skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[str]:
        """Events that are complete now; raises `BackendError` for one that never ends."""
        # A lone CR ends a line too by the standard; no chat server sends one, and it would split CR LF of two reads.
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = [event for line in lines if (event := self._line(line.removesuffix(b"\r"))) is not None]
        if len(self._rest) + self._size > MAX_EVENT_BYTES:
            raise BackendError("the language model's server sent an event without end", retriable=True)
        return events

    def _line(self, line: bytes) -> str | None:
        if not line:
            event, self._data, self._size = "\n".join(self._data), [], 0
            return event or None
        if line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            self._size += len(value)
            self._data.append(value.decode("utf-8", "replace"))
        return None
