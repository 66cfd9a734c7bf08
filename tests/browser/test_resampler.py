"""The worklets' sample-rate conversion, run where it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
from playwright.async_api import Page

from .conftest import House

Samples = npt.NDArray[np.float64]

CONVERT = """async ([samples, from, to, block]) => {
  const { Resampler } = await import("/static/resampler.js");
  const resampler = new Resampler(from, to);
  const output = [];
  for (let at = 0; at < samples.length; at += block) {
    output.push(...resampler.process(Float32Array.from(samples.slice(at, at + block))));
  }
  return output;
}"""


def tone(hz: float, rate_hz: int, seconds: float = 0.5) -> Samples:
    return cast(Samples, np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz))


def decibels(sound: Samples) -> float:
    """Level against a full tone, the ends left out."""
    return float(10 * np.log10(2 * np.mean(np.square(sound[500:-500])) + 1e-15))


async def test_speech_passes_whole_and_nothing_else_does(visit: Callable[..., Awaitable[House]]) -> None:
    house = await visit()
    page, _ = await house.open()
    for source, target in ((48000, 24000), (44100, 24000), (24000, 48000), (24000, 44100)):
        await examine(page, source, target)


async def examine(page: Page, source: int, target: int) -> None:
    async def convert(sound: Samples, block: int) -> Samples:
        return np.array(await page.evaluate(CONVERT, [sound.tolist(), source, target, block]))

    passed = await convert(tone(1000, source), 128)
    assert len(passed) == pytest.approx(target * 0.5, abs=1)
    assert abs(decibels(passed)) < 0.1
    assert decibels(await convert(tone(7000, source), 128)) > -1
    assert np.allclose(await convert(tone(1000, source), 4096), passed, atol=1e-6), "chunk edges leave no trace"
    if source > target:
        assert decibels(await convert(tone(14000, source), 128)) < -50, "what 24 kHz cannot hold must not fold back"
    else:
        spectrum = np.abs(np.fft.rfft(passed * np.hanning(len(passed))))
        images = spectrum[int(13000 * len(passed) / target) :].max() / spectrum.max()
        assert 20 * np.log10(images) < -60
