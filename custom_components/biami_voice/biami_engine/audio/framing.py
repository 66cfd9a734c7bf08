"""Any chunks in, whole frames out."""

from __future__ import annotations

from .frame import Audio, AudioFormat


class Framer:
    """Cuts a stream into frames of `frame_ms`; a chunk that is exactly a frame passes as the same object."""

    __slots__ = ("_frame_bytes", "_pending", "format")

    def __init__(self, format: AudioFormat, frame_ms: int = 20) -> None:
        self.format = format
        self._frame_bytes = format.rate_hz * frame_ms // 1000 * format.sample_bytes
        self._pending = b""

    def push(self, audio: Audio) -> list[Audio]:
        """The frames that are now complete; raises ValueError for another format."""
        if audio.format != self.format:
            raise ValueError(f"This framer takes {self.format}, not {audio.format}.")
        if not self._pending and len(audio.payload) == self._frame_bytes:
            return [audio]
        data = self._pending + audio.payload
        whole = len(data) - len(data) % self._frame_bytes
        self._pending = data[whole:]
        size = self._frame_bytes
        return [Audio(self.format, data[start : start + size]) for start in range(0, whole, size)]

    def flush(self) -> Audio | None:
        """The last frame, padded with silence; None where nothing is left."""
        if not self._pending:
            return None
        size = self.format.sample_bytes
        data = self._pending[: len(self._pending) // size * size]
        self._pending = b""
        return Audio(self.format, data + self.format.silence * ((self._frame_bytes - len(data)) // size))

    def reset(self) -> None:
        """Drop what is left of the last chunk."""
        self._pending = b""
