"""Between sampling rates: `FirResampler` for live sound, `resample_whole` for what may wait.

soxr's stream holds back 20 to 150 ms, so live sound goes through the FIR; soxr does the rest where it is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .fir import TAP_BITS, polyphase
from .samples import Samples, saturate

_SCALE = 2.0**-TAP_BITS


class Resampler(Protocol):
    """A stream of samples at one rate into a stream at another."""

    delay_ms: float

    def resample(self, samples: Samples) -> Samples:
        """All the output that the input so far determines."""
        ...

    def flush(self) -> Samples:
        """The end of the sound that is still in the filter; then as new."""
        ...

    def reset(self) -> None:
        """Forget the past: what comes next has nothing to do with it."""
        ...


class FirResampler:
    """Linear-phase polyphase FIR. Holds nothing back but its delay; any chunking gives the same samples to the bit."""

    __slots__ = ("_filter", "_past", "delay_ms")

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._filter = polyphase(from_hz, to_hz)
        self.delay_ms = self._filter.delay * 1000 / from_hz
        self._past = np.zeros(self._filter.history)

    def resample(self, samples: Samples) -> Samples:
        fir = self._filter
        done = len(self._past) - fir.history
        inputs = done + len(samples)
        rows = -(-inputs // fir.step)
        buffer = np.zeros(fir.history + rows * fir.step)
        buffer[: len(self._past)] = self._past
        buffer[len(self._past) : fir.history + inputs] = samples
        boundary = inputs - inputs % fir.down
        self._past = buffer[boundary : fir.history + inputs].copy()
        windows = np.ndarray((rows, fir.history + fir.step), np.float64, buffer, 0, (fir.step * 8, 8))
        output = np.dot(windows, fir.matrix).reshape(-1)[fir.outputs(done) : fir.outputs(inputs)]
        output *= _SCALE
        return saturate(output)

    def flush(self) -> Samples:
        tail = self.resample(np.zeros(self._filter.delay, np.int16))
        self.reset()
        return tail

    def reset(self) -> None:
        self._past = np.zeros(self._filter.history)


def resample_whole(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """A whole sound at another rate, in time with the original: soxr HQ where it is installed, else the FIR."""
    if from_hz == to_hz:
        return samples
    soxr = _soxr()
    if soxr is None:
        return _fir_whole(samples, from_hz, to_hz)
    return np.asarray(soxr.resample(samples, from_hz, to_hz, quality="HQ"), np.int16)


def _fir_whole(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    resampler = FirResampler(from_hz, to_hz)
    delay = round(resampler.delay_ms * to_hz / 1000)
    both: NDArray[np.int16] = np.concatenate([resampler.resample(samples), resampler.flush()])
    return both[delay : delay + -(-len(samples) * to_hz // from_hz)]


def _soxr() -> Any:
    try:
        return import_module("soxr")
    except ImportError:  # no wheel for musl on ARM
        return None
