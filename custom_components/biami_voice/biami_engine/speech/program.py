"""Voices that are programs of the system: text in by a file, WAV out by another, one process a sentence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..audio.frame import Audio, AudioFormat
from ..audio.resample import resample_whole
from ..audio.samples import from_samples, to_samples
from ..audio.wav import read_wav
from ..errors import BackendError, MissingDependency

TIMEOUT_SECONDS = 20.0


def require(program: str) -> str:
    """The path of a program; raises `MissingDependency` with what to install."""
    path = shutil.which(program)
    if path is None:
        raise MissingDependency(f"The {program} voice is not installed: apt install {program}")
    return path


def version_of(command: Sequence[str]) -> str:
    """The first line with a digit in it that a program says about itself."""
    said = _run(command).decode(errors="replace")
    return next((line.strip() for line in said.splitlines() if any(map(str.isdigit, line))), "unknown")


def speak(command: Sequence[str], sentence: str, rate_hz: int) -> Audio:
    """Run `command` with `{text}` and `{wav}` replaced by files; the sound it wrote, as PCM16 at `rate_hz`."""
    with TemporaryDirectory(prefix="biami-speech-") as folder:
        text, wav = Path(folder, "text"), Path(folder, "wav")
        text.write_text(sentence + "\n", encoding="utf-8")
        _run([part.format(text=text, wav=wav) for part in command])
        try:
            sound = read_wav(wav.read_bytes())
        except (OSError, ValueError) as error:
            raise BackendError(f"{Path(command[0]).name} wrote no sound: {error}") from None
    samples = resample_whole(to_samples(sound), sound.format.rate_hz, rate_hz)
    return from_samples(AudioFormat("pcm16", rate_hz), samples)


def _run(command: Sequence[str]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"{Path(command[0]).name} could not speak: {error}", retriable=True) from None
    if done.returncode > 1:
        raise BackendError(f"{Path(command[0]).name} failed with status {done.returncode}")
    return done.stdout + done.stderr
