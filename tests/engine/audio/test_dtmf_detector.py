from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.dtmf_detector import DtmfDetector
from biami_engine.audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import Samples, to_samples
from biami_engine.audio.tones import beep, dtmf, key_frequencies, ringback, tones

Frames = Callable[[Samples], list[Audio]]
KEYS = "0123456789*#ABCD"


def heard(detector: DtmfDetector, frames: list[Audio]) -> str:
    return "".join(detector.process(frame) for frame in frames)


def noisy_key(key: str, detune: float, random: np.random.Generator) -> Samples:
    """50 to 100 ms of a key somewhere in a noise 12 to 30 dB below it."""
    frequencies = [hz * (1 + detune * random.choice([-1, 1])) for hz in key_frequencies(key)]
    tone = to_samples(tones(PCM16_8K, frequencies, random.uniform(50, 100), random.uniform(-20, -6))).astype(float)
    before, after = random.integers(200, 500, 2)
    sound = np.concatenate([np.zeros(before), tone, np.zeros(after)])
    noise = np.sqrt(np.mean(tone**2) / 10 ** (random.uniform(12, 30) / 10))
    return np.rint(sound + random.normal(0, noise, len(sound))).astype(np.int16)


@pytest.mark.parametrize(("detune", "missed"), [(0, 0), (0.005, 2), (0.015, 10)])
def test_512_noisy_keys_are_each_heard_once(detune: float, missed: int, frames: Frames) -> None:
    random = np.random.default_rng(7)
    wrong = []
    for index in range(512):
        key = KEYS[index % 16]
        found = heard(DtmfDetector(PCMU_8K), frames(noisy_key(key, detune, random)))
        if found != key:
            wrong.append(found)
    assert set(wrong) <= {""}
    assert len(wrong) <= missed


@given(st.text(KEYS, max_size=8), st.integers(50, 200), st.integers(50, 200), st.integers(1, 700))
def test_a_number_is_heard_as_dialled_in_any_chunks(keys: str, ms: int, gap_ms: int, chunk: int) -> None:
    sound = dtmf(PCMU_8K, keys, ms, gap_ms).payload
    chunks = [Audio(PCMU_8K, sound[start : start + chunk]) for start in range(0, len(sound), chunk)]
    assert heard(DtmfDetector(PCMU_8K), chunks) == keys


@pytest.mark.parametrize("format", [PCMU_8K, PCMA_8K, PCM16_8K, PCM16_16K, PCM16_24K])
def test_any_format(format: AudioFormat) -> None:
    # The 2 ms that the resampler keeps back hide nothing: the gap after the last key pushes it out.
    assert heard(DtmfDetector(format), [dtmf(format, "0123456789*#ABCD")]) == "0123456789*#ABCD"


def test_a_long_key_is_one_key() -> None:
    assert DtmfDetector(PCMU_8K).process(dtmf(PCMU_8K, "5", ms=3000)) == "5"


@pytest.mark.parametrize(
    "other", [beep(PCMU_8K, 2000), ringback(PCMU_8K), ringback(PCMU_8K, "eu"), dtmf(PCMU_8K, "1", 20)]
)
def test_other_tones_and_too_short_keys_are_nothing(other: Audio) -> None:
    assert DtmfDetector(PCMU_8K).process(other) == ""


def test_a_minute_of_real_speech_presses_no_key(speak: Callable[[str], Samples], frames: Frames) -> None:
    text = (
        "The party of the first part will be here at nine, and we shall see what the weather does to the river.",
        "Seven eleven, forty two, one hundred and twenty three; please hold the line while I connect you.",
        "He who laughs last laughs longest, and she who sings loudest is heard by everyone in the whole valley.",
        "Ooh, aah, eeh: a long sustained vowel is the hardest thing for a tone detector to leave alone.",
    )
    sound = np.concatenate([speak(sentence) for sentence in text])
    # Faster and slower playback moves the voice's pitch over the tones' frequencies.
    seconds = 0.0
    for step in (0.75, 0.85, 1.0, 1.2, 1.4):
        moved = np.interp(np.arange(0, len(sound) - 1, step), np.arange(len(sound)), sound).astype(np.int16)
        seconds += len(moved) / 8000
        assert heard(DtmfDetector(PCMU_8K), frames(moved)) == ""
    assert seconds > 60


def test_reset_forgets_half_a_key() -> None:
    detector = DtmfDetector(PCMU_8K)
    half = dtmf(PCMU_8K, "5", ms=30, gap_ms=0)
    assert detector.process(half) == ""
    detector.reset()
    assert detector.process(half) == ""
