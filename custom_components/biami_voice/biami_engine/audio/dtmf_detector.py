"""Telephone keys heard in sound: the fallback where a line brings no events of its own (Goertzel, as one matrix)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .convert import Converter
from .frame import PCM16_8K, Audio, AudioFormat
from .samples import to_samples
from .tones import COLUMNS_HZ, KEYS, ROWS_HZ

WINDOW = 136
"""17 ms at 8 kHz: the rows are a little more than one bin apart, and a 40 ms key holds three windows."""
HOP = 68
HITS = 3
"""So many windows in a row make a key; speech does not keep it up."""
RELEASE = 3
"""So many windows without it end a key: two lost to noise do not press it twice."""
MINIMUM_DBFS = -42.0
NORMAL_TWIST = 10**0.8
REVERSE_TWIST = 10**0.4
"""The lower tone is at most 8 dB stronger than the higher one, or 4 dB weaker (lines lose the high tones)."""
CLARITY = 10**0.6
"""A tone is 6 dB over the others of its group."""
PURITY = 0.55
"""So much of the power is in the two tones; leaves room for keys 1.5 % off (ITU-T Q.24) in noise."""


def _goertzel() -> NDArray[np.float64]:
    """Columns: cosine and sine of each of the eight frequencies, scaled to give the root of the tone's power."""
    angle = 2 * np.pi / 8000 * np.outer(np.arange(WINDOW), (*ROWS_HZ, *COLUMNS_HZ))
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1) * (2**0.5 / WINDOW)


class DtmfDetector:
    """Hears the keys in a stream of any format."""

    def __init__(self, format: AudioFormat) -> None:
        self._converter = Converter(format, PCM16_8K)
        self._matrix = _goertzel()
        self._pending: NDArray[np.int16] = np.zeros(0, np.int16)
        self.reset()

    def reset(self) -> None:
        """As new: another stream begins."""
        self._converter.reset()
        self._pending = np.zeros(0, np.int16)
        self._candidate = ""
        self._hits = 0
        self._pressed = ""
        self._misses = 0

    def process(self, audio: Audio) -> str:
        """The keys whose tone has now been heard long enough, in order; mostly empty."""
        samples = np.concatenate([self._pending, to_samples(self._converter.convert(audio))])
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        self._pending = samples[count * HOP :]
        if not count:
            return ""
        windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP].astype(np.float64)
        return "".join(self._step(key) for key in self._keys(windows))

    def _keys(self, windows: NDArray[np.float64]) -> list[str]:
        """The key of each window, empty where there is none."""
        spectrum = np.dot(windows, self._matrix) ** 2
        power = spectrum[:, :8] + spectrum[:, 8:]
        total = np.mean(windows**2, axis=1)
        return [_key(group[:4], group[4:], float(mean)) for group, mean in zip(power, total, strict=True)]

    def _step(self, key: str) -> str:
        self._hits = self._hits + 1 if key and key == self._candidate else int(bool(key))
        self._candidate = key
        self._misses = 0 if key == self._pressed else self._misses + 1
        if self._misses >= RELEASE:
            self._pressed = ""
        if self._hits >= HITS and key != self._pressed:
            self._pressed, self._misses = key, 0
            return key
        return ""


def _key(rows: NDArray[np.float64], columns: NDArray[np.float64], total: float) -> str:
    if total < 32768**2 * 10 ** (MINIMUM_DBFS / 10):
        return ""
    row, column = int(rows.argmax()), int(columns.argmax())
    low, high = float(rows[row]), float(columns[column])
    if low + high < PURITY * total or high > low * REVERSE_TWIST or low > high * NORMAL_TWIST:
        return ""
    if CLARITY * np.partition(rows, 2)[2] > low or CLARITY * np.partition(columns, 2)[2] > high:
        return ""
    return KEYS[row][column]
