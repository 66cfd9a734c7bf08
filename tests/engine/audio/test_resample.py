"""The promises of the live filter, measured on sound, for every pair of rates on the wires we know."""

import sys
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from biami_engine.audio.resample import FirResampler, resample_whole
from biami_engine.audio.samples import Samples

RATES = (8000, 16000, 24000, 48000)
PAIRS = list(permutations(RATES, 2))
ODD_PAIRS = [(22050, 8000), (22050, 24000), (44100, 48000), (48000, 44100), (11025, 16000)]
AMPLITUDE = 20000


def tone(hz: float, rate_hz: int, seconds: float = 0.5) -> Samples:
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    return np.rint(AMPLITUDE * np.sin(2 * np.pi * hz * time)).astype(np.int16)


def fit(samples: Samples, hz: float, rate_hz: int) -> tuple[float, float]:
    """Amplitude of the tone in `samples`, and everything else as RMS; the filter's start is left out."""
    settled = samples[rate_hz // 20 :].astype(np.float64)
    angle = 2 * np.pi * hz * np.arange(len(settled)) / rate_hz
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    weights: NDArray[np.float64] = np.linalg.lstsq(basis, settled, rcond=None)[0]
    rest = settled - basis @ weights
    return float(np.hypot(*weights)), float(np.sqrt(np.mean(rest**2)))


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, 1e-9)))


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS + ODD_PAIRS)
def test_speech_band_passes_flat_and_clean(from_hz: int, to_hz: int) -> None:
    slower = min(from_hz, to_hz)
    for share in (0.025, 0.125, 0.4, 0.85):  # at 8 kHz: 100, 500, 1600, 3400 Hz
        hz = share * slower / 2
        amplitude, rest = fit(FirResampler(from_hz, to_hz).resample(tone(hz, from_hz)), hz, to_hz)
        assert abs(decibels(amplitude / AMPLITUDE)) < 0.05
        assert decibels(AMPLITUDE / np.sqrt(2) / rest) > 70  # noise, and the images of an upsampled tone


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_aliases_are_70_db_down(from_hz: int, to_hz: int) -> None:
    for hz in np.linspace(1.15 * to_hz / 2, from_hz / 2 - 10, 40):
        output = FirResampler(from_hz, to_hz).resample(tone(float(hz), from_hz))[to_hz // 20 :]
        alias = float(np.sqrt(np.mean(output.astype(np.float64) ** 2)))
        assert decibels(alias / (AMPLITUDE / np.sqrt(2))) < -70


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS + ODD_PAIRS)
def test_delay_is_what_it_says_and_at_most_3_ms(from_hz: int, to_hz: int) -> None:
    resampler = FirResampler(from_hz, to_hz)
    click = np.zeros(from_hz // 10, np.int16)
    position = from_hz // 20
    click[position] = 20000
    heard = int(np.argmax(resampler.resample(click)))
    measured_ms = heard * 1000 / to_hz - position * 1000 / from_hz
    assert measured_ms == pytest.approx(resampler.delay_ms, abs=500 / to_hz + 0.001)
    assert resampler.delay_ms <= 3


@given(
    st.sampled_from(PAIRS + ODD_PAIRS),
    st.lists(st.integers(0, 700), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_any_chunking_gives_the_same_samples(pair: tuple[int, int], sizes: list[int], seed: int) -> None:
    noise = np.random.default_rng(seed).integers(-32768, 32768, sum(sizes), dtype=np.int16)
    whole = FirResampler(*pair)
    expected = np.concatenate([whole.resample(noise), whole.flush()])
    chunked = FirResampler(*pair)
    cuts = [0, *np.cumsum(sizes).tolist()]
    pieces = [chunked.resample(noise[start:end]) for start, end in pairwise(cuts)]
    assert np.concatenate([*pieces, chunked.flush()]).tolist() == expected.tolist()


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_20_ms_frame_becomes_a_20_ms_frame(from_hz: int, to_hz: int) -> None:
    resampler = FirResampler(from_hz, to_hz)
    assert [len(resampler.resample(np.ones(from_hz // 50, np.int16))) for _ in range(3)] == [to_hz // 50] * 3


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS + ODD_PAIRS)
@pytest.mark.parametrize("level", [32767, -32768, 1])
def test_a_constant_passes_exactly_and_full_scale_does_not_wrap(from_hz: int, to_hz: int, level: int) -> None:
    output = FirResampler(from_hz, to_hz).resample(np.full(from_hz // 5, level, np.int16))
    assert set(output[to_hz // 10 :].tolist()) == {level}
    assert (output * np.sign(level)).min() >= -0.2 * abs(level) - 1


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_flush_gives_the_tail_and_reset_forgets_the_past(from_hz: int, to_hz: int) -> None:
    resampler = FirResampler(from_hz, to_hz)
    loud = np.full(from_hz // 50, 10000, np.int16)
    resampler.resample(loud)
    tail = resampler.flush()
    assert len(tail) == round(resampler.delay_ms * to_hz / 1000)
    assert tail[0] > 5000
    resampler.resample(loud)
    resampler.reset()
    assert not resampler.resample(np.zeros(from_hz // 50, np.int16)).any()


def test_rates_without_a_common_divisor_are_refused() -> None:
    with pytest.raises(ValueError, match="Cannot convert audio from 8001 Hz to 8000 Hz"):
        FirResampler(8001, 8000)


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS + ODD_PAIRS)
def test_a_whole_sound_stays_in_time(
    from_hz: int, to_hz: int, installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installed:
        pytest.importorskip("soxr")
    else:
        monkeypatch.setitem(sys.modules, "soxr", None)
    click = np.zeros(from_hz // 2, np.int16)
    click[from_hz // 4] = 20000
    output = resample_whole(click, from_hz, to_hz)
    assert len(output) == pytest.approx(to_hz / 2, abs=1)
    assert int(np.argmax(output)) == pytest.approx(from_hz // 4 * to_hz / from_hz, abs=1)


def test_the_same_rate_is_the_same_sound() -> None:
    samples = tone(440, 8000)
    assert resample_whole(samples, 8000, 8000) is samples
