"""Live sound from one format into another, chunk by chunk."""

from __future__ import annotations

import numpy as np

from . import g711
from .frame import Audio, AudioFormat
from .resample import FirResampler, Resampler
from .samples import Samples, decode, encode


class Converter:
    """Converts a stream; keeps the filter's past between chunks, so `reset()` it when the stream is cleared.

    Where both formats are the same, the very same `Audio` comes back, its base64 undecoded.
    """

    __slots__ = ("_half_sample", "_resampler", "delay_ms", "source", "target")

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        self.source = source
        self.target = target
        self._half_sample = b""
        self._resampler: Resampler | None = None
        if source.rate_hz != target.rate_hz:
            self._resampler = FirResampler(source.rate_hz, target.rate_hz)
        self.delay_ms = 0.0 if self._resampler is None else self._resampler.delay_ms

    def convert(self, audio: Audio) -> Audio:
        """The next chunk; raises ValueError for another format than `source` and for broken base64."""
        if audio.format != self.source:
            raise ValueError(f"This converter takes {self.source}, not {audio.format}.")
        if self.source == self.target:
            return audio
        if self._resampler is None and self.source.encoding != "pcm16" and self.target.encoding != "pcm16":
            return Audio(self.target, g711.translate(self.source.encoding, self.target.encoding, audio.payload))
        samples = decode(self.source, self._whole_samples(audio.payload))
        if self._resampler is not None:
            samples = self._resampler.resample(samples)
        return self._encoded(samples)

    def flush(self) -> Audio:
        """What is still in the filter at the end of an utterance (`delay_ms` of sound); then as new."""
        samples: Samples = np.zeros(0, np.int16) if self._resampler is None else self._resampler.flush()
        self.reset()
        return self._encoded(samples)

    def reset(self) -> None:
        """Forget the past; after a clear nothing of it may sound."""
        self._half_sample = b""
        if self._resampler is not None:
            self._resampler.reset()

    def _encoded(self, samples: Samples) -> Audio:
        return Audio(self.target, encode(self.target, samples))

    def _whole_samples(self, payload: bytes) -> bytes:
        """A peer may cut PCM16 in the middle of a sample: the half waits for the next chunk."""
        if self.source.sample_bytes == 1:
            return payload
        if self._half_sample:
            payload = self._half_sample + payload
        cut = len(payload) & ~1
        self._half_sample = payload[cut:]
        return payload if cut == len(payload) else payload[:cut]
