"""The live resampler: CPU per 20 ms frame, delay, alias rejection and passband, each measured on sound.

python bench/audio_resampling.py [FRAMES]
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported: a frame is far too small for threads

import sys
import timeit
from itertools import permutations

import numpy as np

from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.resample import FirResampler
from biami_engine.audio.samples import Samples

RATES = (8000, 16000, 24000, 48000)
AMPLITUDE = 20000


def tone(hz: float, rate_hz: int) -> Samples:
    angle = 2 * np.pi * hz * np.arange(rate_hz // 2) / rate_hz
    samples: Samples = np.rint(AMPLITUDE * np.sin(angle)).astype(np.int16)
    return samples


def fit(samples: Samples, hz: float, rate_hz: int) -> tuple[float, float]:
    """The tone's amplitude, and the RMS of everything else, in dB over the original."""
    settled = samples[rate_hz // 20 :].astype(np.float64)
    angle = 2 * np.pi * hz * np.arange(len(settled)) / rate_hz
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    weights = np.linalg.lstsq(basis, settled, rcond=None)[0]
    rest = np.sqrt(np.mean((settled - basis @ weights) ** 2)) * np.sqrt(2)
    return decibels(float(np.hypot(*weights)) / AMPLITUDE), decibels(float(rest) / AMPLITUDE)


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, 1e-9)))


def worst_rejection_db(from_hz: int, to_hz: int) -> float:
    """Downwards: the strongest alias. Upwards: the strongest image of a tone in the passband."""
    return -max(aliases_db(from_hz, to_hz) if from_hz > to_hz else images_db(from_hz, to_hz))


def aliases_db(from_hz: int, to_hz: int) -> list[float]:
    found = []
    for hz in np.linspace(1.15 * to_hz / 2, from_hz / 2 - 10, 100):
        output = FirResampler(from_hz, to_hz).resample(tone(float(hz), from_hz))[to_hz // 20 :]
        found.append(decibels(float(np.sqrt(2 * np.mean(output.astype(float) ** 2))) / AMPLITUDE))
    return found


def images_db(from_hz: int, to_hz: int) -> list[float]:
    tones_hz = [float(hz) for hz in np.linspace(50, 0.85 * from_hz / 2, 100)]
    return [fit(FirResampler(from_hz, to_hz).resample(tone(hz, from_hz)), hz, to_hz)[1] for hz in tones_hz]


def delay_ms(from_hz: int, to_hz: int) -> float:
    """Where a click comes out: the centre of its energy."""
    click = np.zeros(from_hz // 10, np.int16)
    click[from_hz // 20] = 30000
    energy = FirResampler(from_hz, to_hz).resample(click).astype(float) ** 2
    centre = float(np.sum(energy * np.arange(len(energy))) / np.sum(energy))
    return centre * 1000 / to_hz - (from_hz // 20) * 1000 / from_hz


def cpu_us(source: AudioFormat, target: AudioFormat, frames: int) -> float:
    """One 20 ms frame from bytes to bytes."""
    converter = Converter(source, target)
    frame = Audio(source, np.random.default_rng(0).bytes(round(source.bytes_per_ms * 20)))
    converter.convert(frame)
    return min(timeit.repeat(lambda: converter.convert(frame), number=frames, repeat=7)) * 1e6 / frames


def main(frames: int) -> None:
    print("rates              us/frame  delay ms  rejection dB  gain at 0.85 Nyquist dB  SNR 1 kHz dB")
    for from_hz, to_hz in permutations(RATES, 2):
        edge_hz = 0.85 * min(from_hz, to_hz) / 2
        gain, _ = fit(FirResampler(from_hz, to_hz).resample(tone(edge_hz, from_hz)), edge_hz, to_hz)
        _, rest = fit(FirResampler(from_hz, to_hz).resample(tone(1000, from_hz)), 1000, to_hz)
        us = cpu_us(AudioFormat("pcm16", from_hz), AudioFormat("pcm16", to_hz), frames)
        print(
            f"{from_hz:>6} -> {to_hz:<6} {us:11.1f} {delay_ms(from_hz, to_hz):9.2f}"
            f" {worst_rejection_db(from_hz, to_hz):13.1f} {gain:24.3f} {-rest:13.1f}"
        )
    for source, target in ((PCMU_8K, PCM16_24K), (PCM16_24K, PCMU_8K)):
        name = f"{source.encoding}/{source.rate_hz} -> {target.encoding}/{target.rate_hz}"
        print(f"{name}: {cpu_us(source, target, frames):.1f} us a frame, the G.711 tables included")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
