"""Sound that was made at once, on its way to the caller in pieces: for minds that speak in this process."""

from __future__ import annotations

from collections.abc import Iterator

from ..audio.frame import Audio, AudioFormat
from ..audio.resample import resample_whole
from ..audio.samples import from_samples, to_samples

CHUNK_MS = 200.0
"""An interruption drops whole chunks; a model's own deltas are about as long."""


def chunks(audio: Audio) -> Iterator[Audio]:
    """Pieces of at most `CHUNK_MS`, cut at whole samples."""
    start = 0.0
    while start < audio.duration_ms:
        yield audio.slice(start, start + CHUNK_MS)
        start += CHUNK_MS


def as_format(audio: Audio, format: AudioFormat) -> Audio:
    """A whole sound in another format, with the best filter there is."""
    if audio.format == format:
        return audio
    return from_samples(format, resample_whole(to_samples(audio), audio.format.rate_hz, format.rate_hz))
