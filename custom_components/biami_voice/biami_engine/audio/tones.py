"""Tones a telephone makes: keys (ITU-T Q.23), beeps, ringback."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .frame import Audio, AudioFormat
from .samples import from_samples

ROWS_HZ = (697, 770, 852, 941)
COLUMNS_HZ = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
PAUSES_MS = {"w": 500.0, "W": 1000.0}
"""Twilio's SendDigits: `w` waits half a second, `W` a whole one."""

_RAMP_MS = 2.0
_RINGBACK: dict[str, tuple[tuple[float, ...], float]] = {"us": ((440.0, 480.0), 2000.0), "eu": ((425.0,), 1000.0)}


def dtmf(format: AudioFormat, keys: str, ms: float = 100, gap_ms: float = 100, level_dbfs: float = -10) -> Audio:
    """Press `keys` (0-9 * # A-D, `w` and `W` pause); `level_dbfs` is each of the two tones'. ValueError for others."""
    parts: list[bytes] = []
    for key in keys:
        if key in PAUSES_MS:
            parts.append(Audio.silence(format, PAUSES_MS[key]).payload)
        else:
            parts.append(tones(format, key_frequencies(key), ms, level_dbfs).payload)
            parts.append(Audio.silence(format, gap_ms).payload)
    return Audio(format, b"".join(parts))


def key_frequencies(key: str) -> tuple[int, int]:
    """Row and column tone of a key; ValueError where there is no such key."""
    for row, row_keys in zip(ROWS_HZ, KEYS, strict=True):
        if len(key) == 1 and key.upper() in row_keys:
            return row, COLUMNS_HZ[row_keys.index(key.upper())]
    raise ValueError(f"There is no telephone key {key!r}.")


def tones(format: AudioFormat, frequencies_hz: Sequence[float], ms: float, level_dbfs: float) -> Audio:
    """Sines together, each with its peak at `level_dbfs`, faded in and out so that they do not click."""
    count = round(ms * format.rate_hz / 1000)
    time = np.arange(count) / format.rate_hz
    wave = np.zeros(count)
    for hz in frequencies_hz:
        wave += np.sin(2 * np.pi * hz * time)
    return from_samples(format, wave * _ramps(format, count) * 32767 * 10 ** (level_dbfs / 20))


def beep(format: AudioFormat, ms: float = 400, hz: float = 1000, level_dbfs: float = -12) -> Audio:
    """One tone: a voicemail's beep, or a sign that something is recorded."""
    return tones(format, (hz,), ms, level_dbfs)


def ringback(format: AudioFormat, plan: str = "us", level_dbfs: float = -16) -> Audio:
    """One cycle of what a caller hears while it rings (`us` or `eu`): the tone, then 4 s of silence."""
    frequencies_hz, ms = _RINGBACK[plan]
    ring = tones(format, frequencies_hz, ms, level_dbfs)
    return Audio(format, ring.payload + Audio.silence(format, 4000).payload)


def _ramps(format: AudioFormat, count: int) -> NDArray[np.float64]:
    steps = max(1, round(_RAMP_MS * format.rate_hz / 1000))
    position = np.arange(count)
    return np.minimum(1.0, (np.minimum(position, count - 1 - position) + 0.5) / steps)
