"""Several sounds at once, and louder or softer ones."""

from __future__ import annotations

import numpy as np

from .frame import Audio
from .samples import from_samples, to_samples


def mix(*sounds: Audio) -> Audio:
    """All at once, in their common format, as long as the longest; too loud saturates. ValueError for mixed formats."""
    if not sounds:
        raise ValueError("There is nothing to mix.")
    if len(sounds) == 1:
        return sounds[0]
    format = sounds[0].format
    if any(sound.format != format for sound in sounds):
        raise ValueError("Only sounds of one format can be mixed.")
    every = [to_samples(sound) for sound in sounds]
    total = np.zeros(max(len(samples) for samples in every), np.int32)
    for samples in every:
        total[: len(samples)] += samples
    return from_samples(format, total)


def gain(audio: Audio, decibels: float) -> Audio:
    """Louder or softer; too loud saturates. 0 dB is the same object."""
    if decibels == 0:
        return audio
    return from_samples(audio.format, to_samples(audio) * np.float64(10 ** (decibels / 20)))
