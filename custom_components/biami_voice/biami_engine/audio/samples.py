"""Between `Audio` and numpy samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import g711
from .frame import Audio, AudioFormat

Samples = NDArray[np.int16]

PCM16_DTYPE = np.dtype("<i2")


def to_samples(audio: Audio) -> Samples:
    """The sound as int16; may share memory with the payload and is then read-only. Half a sample at the end is cut."""
    return decode(audio.format, audio.payload)


def from_samples(format: AudioFormat, samples: NDArray[Any]) -> Audio:
    """Sound of `format` from int16 samples, or from wider ones, which saturate."""
    if samples.dtype != np.int16:
        samples = saturate(samples)
    return Audio(format, encode(format, samples))


def decode(format: AudioFormat, payload: bytes) -> Samples:
    """The samples of a payload; half a sample at the end is cut."""
    if format.encoding != "pcm16":
        return g711.decode(format.encoding, payload)
    return np.frombuffer(payload, PCM16_DTYPE, len(payload) // 2)


def encode(format: AudioFormat, samples: Samples) -> bytes:
    """The payload of int16 samples."""
    if format.encoding != "pcm16":
        return g711.encode(format.encoding, samples)
    return samples.astype(PCM16_DTYPE, copy=False).tobytes()


def saturate(samples: NDArray[Any]) -> Samples:
    """Round to int16; what is too loud stays at the rail instead of wrapping around."""
    limited = np.minimum(np.maximum(samples, -32768), 32767)
    rounded: NDArray[Any] = limited if limited.dtype.kind == "i" else np.rint(limited)
    return rounded.astype(np.int16)
