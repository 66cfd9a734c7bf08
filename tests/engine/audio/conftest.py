"""Real speech for the tests that listen: hibari's voice, the same on every run."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.resample import resample_whole
from biami_engine.audio.samples import Samples, from_samples

Speak = Callable[[str], Samples]


@pytest.fixture(scope="session")
def speak() -> Speak:
    """Text to samples at 8 kHz."""
    from hibari import Hibari

    voice = Hibari()

    @cache
    def spoken(text: str) -> Samples:
        wave = voice(text, seed=0)
        return resample_whole(np.rint(np.clip(wave, -1, 1) * 32767).astype(np.int16), 24000, 8000)

    return spoken


@pytest.fixture
def frames() -> Callable[[Samples], list[Audio]]:
    """Samples at 8 kHz to what Twilio sends: 20 ms of µ-law at a time."""

    def cut(samples: Samples) -> list[Audio]:
        payload = from_samples(PCMU_8K, samples).payload
        return [Audio(PCMU_8K, payload[start : start + 160]) for start in range(0, len(payload), 160)]

    return cut
