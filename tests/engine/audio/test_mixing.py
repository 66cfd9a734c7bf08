import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCM16_8K, PCM16_24K, PCMU_8K, Audio
from biami_engine.audio.mixing import gain, mix
from biami_engine.audio.samples import from_samples, to_samples

samples = st.lists(st.integers(-32768, 32767), max_size=60)


@given(samples, samples, samples)
def test_a_mix_is_the_sum_at_most_the_rail(first: list[int], second: list[int], third: list[int]) -> None:
    every = [from_samples(PCM16_8K, np.array(values, np.int16)) for values in (first, second, third)]
    length = max(len(values) for values in (first, second, third))
    padded = [values + [0] * (length - len(values)) for values in (first, second, third)]
    expected = [max(-32768, min(32767, sum(column))) for column in zip(*padded, strict=True)]
    assert to_samples(mix(*every)).tolist() == expected


def test_silence_changes_nothing_and_one_sound_is_itself() -> None:
    sound = Audio(PCMU_8K, bytes(range(0x80, 0x100)))
    assert mix(sound, Audio.silence(PCMU_8K, 20)).payload[:128] == sound.payload
    assert mix(sound) is sound


def test_formats_are_not_mixed_up() -> None:
    with pytest.raises(ValueError, match="one format"):
        mix(Audio.silence(PCM16_8K, 20), Audio.silence(PCM16_24K, 20))
    with pytest.raises(ValueError, match="nothing to mix"):
        mix()


def test_gain_is_in_decibels_and_saturates() -> None:
    sound = from_samples(PCM16_8K, np.array([100, -1000, 20000, -30000], np.int16))
    assert to_samples(gain(sound, 20 * np.log10(2))).tolist() == [200, -2000, 32767, -32768]
    assert to_samples(gain(sound, -20)).tolist() == [10, -100, 2000, -3000]
    assert gain(sound, 0) is sound
