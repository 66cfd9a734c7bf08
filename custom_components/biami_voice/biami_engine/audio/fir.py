"""The taps of the live resampler: a windowed sinc, cut into phases and laid out as one matrix.

The taps are whole numbers and so are the samples; every product and sum stays far below 2**53, so float64 is exact:
the same sound comes out whatever the chunking, the BLAS library or the processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

SPAN = 36
"""Length of the filter in samples of the slower rate: 4.5 ms at 8 kHz, of which half is delay."""
KAISER_BETA = 8.0
"""80 dB of rejection from 1.15 times the slower side's Nyquist (4.6 kHz at 8 kHz) on."""
TAP_BITS = 20
"""The taps of one phase add up to 2**TAP_BITS, so that a constant passes unchanged."""
BLOCK = 32
"""Input samples of one matrix row, about: few rows for a 20 ms frame, few zeros in the matrix."""
MAX_FACTOR = 1000


@dataclass(frozen=True, slots=True)
class Polyphase:
    """`up` outputs for `down` inputs. `matrix` turns `history + step` inputs into `up * step / down` outputs."""

    up: int
    down: int
    history: int
    step: int
    delay: int
    """Group delay in input samples, whole."""
    matrix: NDArray[np.float64]

    def outputs(self, inputs: int) -> int:
        """How many outputs the first `inputs` samples after a boundary determine."""
        return -(-inputs * self.up // self.down)


@lru_cache(maxsize=32)
def polyphase(from_hz: int, to_hz: int) -> Polyphase:
    """The filter between two rates. Raises ValueError where they have hardly a common divisor."""
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    if max(up, down) > MAX_FACTOR:
        raise ValueError(f"Cannot convert audio from {from_hz} Hz to {to_hz} Hz: the rates have too little in common.")
    delay = -(-SPAN // 2 * max(up, down) // up)
    taps = _taps(up, down, delay)
    blocks = max(1, BLOCK // down)
    matrix = _matrix(taps, down, blocks)
    return Polyphase(up, down, len(taps) - 1, blocks * down, delay, matrix)


def _taps(up: int, down: int, delay: int) -> NDArray[np.float64]:
    """Row k, column p: the weight of the k-th last input for an output of phase p. Centred on the input `delay` ago."""
    factor = max(up, down)
    centre = delay * up
    reach = SPAN // 2 * factor
    offsets = np.arange(1 - reach, reach)
    length = -(-(centre + reach) // up) * up
    prototype = np.zeros(length)
    prototype[centre + offsets] = np.sinc(offsets / factor) * np.kaiser(len(offsets), KAISER_BETA)
    phases = prototype.reshape(-1, up)
    scaled: NDArray[np.float64] = np.rint(phases / phases.sum(axis=0) * 2**TAP_BITS)
    peaks = scaled.argmax(axis=0)
    scaled[peaks, np.arange(up)] += 2**TAP_BITS - scaled.sum(axis=0)
    return scaled


def _matrix(taps: NDArray[np.float64], down: int, blocks: int) -> NDArray[np.float64]:
    """Toeplitz: the rows are a block's inputs, oldest history first; the columns are its outputs."""
    length, up = taps.shape
    matrix = np.zeros((length - 1 + blocks * down, blocks * up))
    for output in range(blocks * up):
        newest = length - 1 + output * down // up
        matrix[newest - length + 1 : newest + 1, output] = taps[::-1, output * down % up]
    return matrix
