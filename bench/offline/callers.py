"""Callers: synthesised voices in the sound of a line, with or without noise around them; and people, from Debian."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from biami_engine.audio.frame import PCM16_16K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.resample import resample_whole
from biami_engine.audio.samples import from_samples, to_samples
from biami_engine.speech import Voices
from biami_engine.speech.program import speak

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")


@dataclass(frozen=True, slots=True)
class Caller:
    """`voice` is hibari or one of flite's; `noise_db` the distance of pink noise and babble, none where it is None."""

    voice: str
    format: AudioFormat
    noise_db: float | None = None

    @property
    def name(self) -> str:
        line = "µ-law 8 kHz" if self.format == PCMU_8K else f"{self.format.rate_hz // 1000} kHz"
        return f"{self.voice}, {line}" + (f", noise {self.noise_db:g} dB below" if self.noise_db is not None else "")


async def spoken(caller: Caller, text: str, voices: Voices) -> Audio:
    """A sentence as this caller says it."""
    if caller.voice == "hibari":
        sound = await voices.speaker.render(text, "hibari")
    else:
        flite = shutil.which("flite") or "flite"
        sound = speak([flite, "-voice", caller.voice, "-f", "{text}", "-o", "{wav}"], text, 16000)
    samples = resample_whole(to_samples(sound), sound.format.rate_hz, caller.format.rate_hz).astype(np.float64)
    quiet = np.zeros(caller.format.rate_hz // 4)
    samples = np.concatenate([quiet, samples, quiet])
    if caller.noise_db is not None:
        samples = _noisy(samples, caller.format.rate_hz, caller.noise_db, seed=len(text))
    return from_samples(caller.format, np.clip(samples, -32768, 32767))


def _noisy(samples: np.ndarray, rate_hz: int, below_db: float, seed: int) -> np.ndarray:
    """Pink noise, so far below the speech's own level."""
    voiced = samples[np.abs(samples) > 200]
    level = np.sqrt(np.mean(voiced**2)) if len(voiced) else 1000.0
    noise = pink(len(samples), seed)
    return samples + noise * level / 10 ** (below_db / 20)


def pink(count: int, seed: int) -> np.ndarray:
    """Of level 1."""
    white = np.random.default_rng(seed).standard_normal(count)
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
    noise = np.fft.irfft(spectrum, count)
    return noise / np.sqrt(np.mean(noise**2))


def prompts() -> Iterator[tuple[str, Audio]]:
    """A person reads announcements: nothing of it is a request. As a telephone carries it."""
    if not PROMPTS.is_dir() or not TEXTS.is_file() or not shutil.which("ffmpeg"):
        return
    texts = dict(_texts())
    for file in sorted(PROMPTS.glob("*.g722")):
        if (text := texts.get(file.stem)) and len(text.split()) >= 2:
            yield text, _decoded(file)


def _texts() -> Iterator[tuple[str, str]]:
    for line in gzip.decompress(TEXTS.read_bytes()).decode().splitlines():
        name, _, text = line.partition(": ")
        if text and not re.search(r"[\[\]]", text):
            yield name.strip(), text.strip()


@cache
def _decoded(file: Path) -> Audio:
    command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", str(file), "-f", "s16le", "-ar", "16000", "-ac", "1", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    wide = to_samples(Audio(PCM16_16K, raw))
    return from_samples(PCMU_8K, resample_whole(wide, 16000, 8000))
