import numpy as np
import pytest

from biami_engine.audio.frame import PCM16_8K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.level import SILENCE_DBFS, peak_dbfs, rms_dbfs
from biami_engine.audio.samples import from_samples

FORMATS = [PCMU_8K, PCMA_8K, PCM16_8K, PCM16_24K]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("level_dbfs", [-6, -20, -40])
def test_a_sine_has_its_level(format: AudioFormat, level_dbfs: float) -> None:
    wave = 32768 * 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 400 * np.arange(format.rate_hz) / format.rate_hz)
    sound = from_samples(format, wave)
    assert rms_dbfs(sound) == pytest.approx(level_dbfs - 3.01, abs=0.3)
    assert peak_dbfs(sound) == pytest.approx(level_dbfs, abs=0.4)


def test_the_rails_are_full_scale() -> None:
    assert peak_dbfs(from_samples(PCM16_8K, np.array([-32768], np.int16))) == 0
    assert rms_dbfs(from_samples(PCM16_8K, np.array([-32768, -32768], np.int16))) == 0


@pytest.mark.parametrize("format", [PCMU_8K, PCM16_8K])
def test_silence_and_nothing_at_all_have_a_level_too(format: AudioFormat) -> None:
    for sound in (Audio.silence(format, 20), Audio(format, b"")):
        assert rms_dbfs(sound) == peak_dbfs(sound) == SILENCE_DBFS
