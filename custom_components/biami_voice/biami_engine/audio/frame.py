"""Audio on the move: a format, a payload, and how long it lasts.

`Audio` is immutable and may be born from a wire's base64 (Twilio's `media.payload`, OpenAI's `delta`). It is decoded at
most once, and only if somebody looks at the samples: where both ends speak µ-law the text passes through untouched.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["pcmu", "pcma", "pcm16"]


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Mono samples. `pcmu` and `pcma` are G.711 (one byte a sample), `pcm16` is little-endian int16."""

    encoding: Encoding
    rate_hz: int

    @property
    def sample_bytes(self) -> int:
        return 2 if self.encoding == "pcm16" else 1

    @property
    def bytes_per_ms(self) -> float:
        return self.rate_hz * self.sample_bytes / 1000

    @property
    def silence(self) -> bytes:
        """The bytes of one silent sample (ITU-T G.711)."""
        return {"pcmu": b"\xff", "pcma": b"\xd5", "pcm16": b"\x00\x00"}[self.encoding]


PCMU_8K = AudioFormat("pcmu", 8000)
PCMA_8K = AudioFormat("pcma", 8000)
PCM16_8K = AudioFormat("pcm16", 8000)
PCM16_16K = AudioFormat("pcm16", 16000)
PCM16_24K = AudioFormat("pcm16", 24000)


class Audio:
    """A stretch of sound; shared by everyone who taps it, changed by nobody. `duration_ms` is exact to the byte."""

    __slots__ = ("_base64", "_payload", "duration_ms", "format")

    def __init__(self, format: AudioFormat, payload: bytes) -> None:
        self.format = format
        self._payload: bytes | None = payload
        self._base64: str | None = None
        self.duration_ms = len(payload) / format.bytes_per_ms

    @classmethod
    def from_base64(cls, format: AudioFormat, text: str) -> Audio:
        """Keep the wire's text; the length follows from it without decoding (RFC 4648: 4 characters are 3 bytes)."""
        self = cls.__new__(cls)
        self.format = format
        self._payload = None
        self._base64 = text
        size = len(text) // 4 * 3
        if text.endswith("=="):
            size -= 2
        elif text.endswith("="):
            size -= 1
        self.duration_ms = size / format.bytes_per_ms
        return self

    @classmethod
    def silence(cls, format: AudioFormat, duration_ms: float) -> Audio:
        samples = round(duration_ms * format.rate_hz / 1000)
        return cls(format, format.silence * samples)

    @property
    def payload(self) -> bytes:
        """The samples' bytes; raises ValueError where the wire's base64 is broken."""
        if self._payload is None:
            assert self._base64 is not None
            self._payload = binascii.a2b_base64(self._base64, strict_mode=True)
        return self._payload

    @property
    def base64(self) -> str:
        """The samples as base64 text without line breaks."""
        if self._base64 is None:
            assert self._payload is not None
            self._base64 = binascii.b2a_base64(self._payload, newline=False).decode("ascii")
        return self._base64

    def slice(self, start_ms: float, end_ms: float | None = None) -> Audio:
        """The part from `start_ms` to `end_ms`, cut at whole samples."""
        size = self.format.sample_bytes
        rate = self.format.rate_hz
        start = round(start_ms * rate / 1000) * size
        end = None if end_ms is None else round(end_ms * rate / 1000) * size
        return Audio(self.format, self.payload[start:end])

    def __repr__(self) -> str:
        return f"Audio({self.format.encoding}/{self.format.rate_hz}, {self.duration_ms:g} ms)"
