"""G.711 µ-law and A-law by table (ITU-T G.711; bit for bit what CPython's `audioop` gave).

Numpy tables everywhere instead of `audioop` where it happens to exist: 1 µs a frame, one path to test, and no
deprecation warning on 3.11 and 3.12 (it left the standard library in 3.13).
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["pcmu", "pcma"]
Samples = NDArray[np.int16]

_MU_CLIP = 8159
_MU_BIAS = 33


def decode(law: Law, payload: bytes) -> Samples:
    """One int16 for each byte."""
    return decode_table(law).take(np.frombuffer(payload, np.uint8))


def encode(law: Law, samples: Samples) -> bytes:
    """One byte for each sample."""
    return encode_table(law).take(samples.view(np.uint16)).tobytes()


def translate(source: Law, target: Law, payload: bytes) -> bytes:
    """From one law to the other, byte for byte."""
    return payload if source == target else payload.translate(_translation(source, target))


@cache
def decode_table(law: Law) -> Samples:
    """The sample of every byte."""
    codes = np.arange(256)
    return (_mu_decoded(codes) if law == "pcmu" else _a_decoded(codes)).astype(np.int16)


@cache
def encode_table(law: Law) -> NDArray[np.uint8]:
    """The byte of every sample, indexed by the sample read as uint16."""
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)
    return (_mu_encoded(samples) if law == "pcmu" else _a_encoded(samples)).astype(np.uint8)


@cache
def _translation(source: Law, target: Law) -> bytes:
    return encode(target, decode_table(source))


def _mu_decoded(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    inverted = ~codes & 0xFF
    segment = inverted >> 4 & 7
    magnitude = (((inverted & 0x0F) << 1) + _MU_BIAS << segment) - _MU_BIAS << 2
    return np.where(inverted & 0x80, -magnitude, magnitude)


def _mu_encoded(samples: NDArray[np.int64]) -> NDArray[np.int64]:
    value = samples >> 2
    mask: NDArray[np.int64] = np.where(value < 0, 0x7F, 0xFF)
    biased = np.minimum(np.abs(value), _MU_CLIP) + _MU_BIAS
    segment = np.searchsorted([0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF], biased)
    code = np.where(segment > 7, 0x7F, segment << 4 | biased >> segment + 1 & 0x0F)
    return code ^ mask


def _a_decoded(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    toggled = codes ^ 0x55
    segment = toggled >> 4 & 7
    mantissa = (toggled & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, mantissa + 0x108 << np.maximum(segment - 1, 0))
    return np.where(toggled & 0x80, magnitude, -magnitude)


def _a_encoded(samples: NDArray[np.int64]) -> NDArray[np.int64]:
    value = samples >> 3
    mask: NDArray[np.int64] = np.where(value < 0, 0x55, 0xD5)
    magnitude = np.where(value < 0, -value - 1, value)
    segment = np.searchsorted([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF], magnitude)
    code = segment << 4 | magnitude >> np.maximum(segment, 1) & 0x0F
    return np.where(segment > 7, 0x7F, code) ^ mask
