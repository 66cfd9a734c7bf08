"""What is no voice and comes over the telephone all the same: a knock, music while one holds."""

from __future__ import annotations

import numpy as np

from ...audio.frame import PCMU_8K, Audio
from ...audio.samples import from_samples
from ...audio.tones import tones

NOISE_DBFS = -14.0
MELODY_HZ = ((262, 330), (330, 392), (392, 494), (349, 440), (330, 392), (294, 370))
NOTE_MS = 400.0
REST_MS = 900.0


def noise(seconds: float) -> bytes:
    """White noise, the same each time."""
    count = round(seconds * PCMU_8K.rate_hz)
    samples = np.random.default_rng(1).normal(0, 32767 * 10 ** (NOISE_DBFS / 20), count)
    return from_samples(PCMU_8K, samples).payload


def music(seconds: float) -> bytes:
    """Two voices that go up and down, and a rest after each time."""
    melody = b"".join(tones(PCMU_8K, notes, NOTE_MS, -18).payload for notes in MELODY_HZ)
    melody += Audio.silence(PCMU_8K, REST_MS).payload
    size = round(seconds * PCMU_8K.rate_hz)
    return (melody * (size // len(melody) + 1))[:size]
