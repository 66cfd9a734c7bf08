import numpy as np
import pytest

from biami_engine.audio.frame import PCM16_8K, PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.level import peak_dbfs, rms_dbfs
from biami_engine.audio.samples import to_samples
from biami_engine.audio.tones import beep, dtmf, key_frequencies, ringback, tones


def loudest_hz(audio: Audio, count: int) -> set[int]:
    samples = to_samples(audio).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), audio.format.rate_hz))
    peaks = [hz for hz in range(1, len(spectrum) - 1) if spectrum[hz - 1] < spectrum[hz] >= spectrum[hz + 1]]
    return set(sorted(peaks, key=lambda hz: -spectrum[hz])[:count])


@pytest.mark.parametrize("key", "0123456789*#ABCD")
def test_a_key_is_its_two_tones(key: str) -> None:
    sound = dtmf(PCM16_8K, key, ms=200, gap_ms=0)
    found = sorted(loudest_hz(sound, 2))
    assert found == pytest.approx(sorted(key_frequencies(key)), abs=2)


def test_keys_gaps_and_pauses_have_their_lengths() -> None:
    assert dtmf(PCMU_8K, "12#", ms=80, gap_ms=40).duration_ms == 360
    assert dtmf(PCMU_8K, "w1W", ms=100, gap_ms=50).duration_ms == 1650
    assert dtmf(PCMU_8K, "").duration_ms == 0
    assert dtmf(PCMU_8K, "a").payload == dtmf(PCMU_8K, "A").payload


@pytest.mark.parametrize("key", ["E", "12", "", "é"])
def test_there_are_sixteen_keys(key: str) -> None:
    with pytest.raises(ValueError, match="There is no telephone key"):
        key_frequencies(key)


@pytest.mark.parametrize("format", [PCMU_8K, PCM16_24K, AudioFormat("pcma", 16000)])
def test_a_beep_has_its_pitch_length_and_level_and_does_not_click(format: AudioFormat) -> None:
    sound = beep(format, ms=300, hz=900, level_dbfs=-12)
    assert sound.duration_ms == 300
    assert loudest_hz(sound, 1) == {900}
    assert peak_dbfs(sound) == pytest.approx(-12, abs=0.5)
    assert rms_dbfs(sound) == pytest.approx(-15, abs=0.5)
    samples = to_samples(sound)
    assert abs(int(samples[0])) < 300
    assert abs(int(samples[-1])) < 300


def test_a_ringback_cycle() -> None:
    assert ringback(PCMU_8K).duration_ms == 6000
    assert ringback(PCMU_8K, "eu").duration_ms == 5000
    assert loudest_hz(ringback(PCM16_8K).slice(0, 2000), 2) == {440, 480}


def test_too_loud_saturates() -> None:
    samples = to_samples(tones(PCM16_8K, (400, 401), 100, 0))
    assert (samples.max(), samples.min()) == (32767, -32768)
