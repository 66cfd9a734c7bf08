"""How loud a stretch of sound is, cheaply: 2 µs for a telephone frame."""

from __future__ import annotations

from functools import cache
from math import log10

import numpy as np
from numpy.typing import NDArray

from . import g711
from .frame import Audio, AudioFormat
from .samples import PCM16_DTYPE

SILENCE_DBFS = -96.0
"""What digital silence is called."""


def rms_dbfs(audio: Audio) -> float:
    """The mean level; a sine at full scale is -3 dBFS."""
    return payload_rms_dbfs(audio.format, audio.payload)


def peak_dbfs(audio: Audio) -> float:
    """The loudest sample."""
    values = _values(audio.format, audio.payload)
    return _decibels(float(max(values.max(), -values.min())) ** 2) if len(values) else SILENCE_DBFS


def payload_rms_dbfs(format: AudioFormat, payload: bytes) -> float:
    """`rms_dbfs` without an `Audio` around the payload."""
    values = _values(format, payload)
    return _decibels(float(np.dot(values, values)) / len(values)) if len(values) else SILENCE_DBFS


def _values(format: AudioFormat, payload: bytes) -> NDArray[np.float32]:
    """Samples between -1 and 1."""
    if format.encoding != "pcm16":
        return _value_table(format.encoding).take(np.frombuffer(payload, np.uint8))
    return np.frombuffer(payload, PCM16_DTYPE, len(payload) // 2) * np.float32(1 / 32768)


@cache
def _value_table(law: g711.Law) -> NDArray[np.float32]:
    return g711.decode_table(law) * np.float32(1 / 32768)


def _decibels(mean_square: float) -> float:
    return max(SILENCE_DBFS, 10 * log10(mean_square)) if mean_square > 0 else SILENCE_DBFS
