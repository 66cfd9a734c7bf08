"""The set of openings, as telephone sound: which there are, which are held out, and how each one sounds.

`openings.yaml` was split before any rule was tuned: half of the texts of each kind and half of the voices, by the order
of their SHA-256, were held out, each half heard in its own voices. After that half had been heard once, the rules were
changed for the last time; `openings_late.yaml` and its voices came after that, and nothing was tuned on them.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Literal

import numpy as np
import yaml

from biami_engine.audio.frame import PCM16_8K, PCMU_8K, Audio
from biami_engine.audio.resample import resample_whole
from biami_engine.audio.samples import Samples, from_samples, to_samples
from biami_engine.audio.tones import beep
from biami_engine.audio.wav import read_wav
from biami_engine.interface import AnsweredBy
from biami_engine.speech import Voices
from biami_engine.speech.cache import RenderingCache, default_folder
from biami_engine.speech.program import speak

TEXTS = Path(__file__).with_name("openings.yaml")
LATE = Path(__file__).with_name("openings_late.yaml")
RECORDINGS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
"""A person, recorded for telephones: Debian's asterisk-core-sounds-en-wav."""
READERS = Path("/usr/share/pocketsphinx/test/data")
"""More people: Debian's pocketsphinx-testdata."""

HIBARI = {"low": 0.86, "slow": 0.93, "plain": 1.0, "bright": 1.07, "high": 1.15}
LATE_HIBARI = {"deep": 0.82, "calm": 0.9, "quick": 1.11, "thin": 1.2}
"""Other voices out of one: played faster or slower, pitch and pace move together."""
FLITE = ("slt", "rms", "awb", "kal16")
LATE_FLITE = ("kal",)
NOISE_DBFS = -58.0
LEAD_SECONDS = 0.6
TAIL_SECONDS = 7.0
_MARK = re.compile(r"\{([^}]*)\}")

RECORDED: dict[AnsweredBy, tuple[str, ...]] = {
    AnsweredBy.VOICEMAIL: (
        "vm-intro {0.4} =beep",
        "vm-nobodyavail {0.3} vm-intro {0.4} =beep",
        "vm-theperson {0.1} vm-isunavail {0.2} vm-intro {0.4} =beep",
        "vm-theperson {0.1} vm-isonphone {0.2} vm-intro",
    ),
    AnsweredBy.IVR: (
        "basic-pbx-ivr-main",
        "conf-usermenu",
        "agent-user",
        "queue-periodic-announce",
        "dir-intro",
        "privacy-prompt",
    ),
    AnsweredBy.SCREENING: ("priv-recordintro {0.3} =beep", "privacy-unident {0.3} priv-recordintro"),
    AnsweredBy.NO_MESSAGE: ("vm-mailboxfull", "ss-noservice", "cannot-complete-as-dialed"),
    AnsweredBy.HUMAN: ("hello", "hello {1.0} hello", "one-moment-please"),
}
READ: tuple[str, ...] = (
    *(f"cards/00{number}.wav" for number in range(1, 6)),
    *(f"librivox/sense_and_sensibility_01_austen_64kb-{number}.wav" for number in ("0870", "0880", "0890", "0920")),
)


Part = Literal["tuned", "second", "late"]
"""`second`: held out at first, then heard once before the last change of the rules. `late`: held out."""


@dataclass(frozen=True, slots=True)
class Opening:
    """`voice` says who speaks: `hibari low`, `flite slt`, `recorded`, `reader`."""

    kind: AnsweredBy
    script: str
    voice: str
    part: Part


@dataclass(frozen=True, slots=True)
class Rendered:
    """As the telephone brings it. `speech_ends_ms` is where the last word ends, `beep_ends_ms` the last tone."""

    audio: Audio
    speech_ends_ms: float
    beep_ends_ms: float | None


def openings() -> list[Opening]:
    """All that this machine can render, each written text in two voices."""
    found = [*_written(), *_late()]
    if RECORDINGS.is_dir():
        recorded = ((kind, script) for kind, scripts in RECORDED.items() for script in scripts)
        found += [Opening(kind, script, "recorded", "second") for kind, script in recorded]
    if READERS.is_dir():
        found += [Opening(AnsweredBy.HUMAN, script, "reader", "second") for script in READ]
    return found


def first_half(names: Sequence[str]) -> set[str]:
    """By SHA-256."""
    return set(sorted(names, key=_digest)[: (len(names) + 1) // 2])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _written() -> Iterator[Opening]:
    # The split of the voices does not depend on which of them are installed.
    voices = _voices(HIBARI, FLITE)
    second_voices = first_half(voices)
    for kind, texts in yaml.safe_load(TEXTS.read_text("utf-8")).items():
        second_texts = first_half(texts)
        for text in texts:
            second = text in second_texts
            fit = [voice for voice in voices if (voice in second_voices) == second and _installed(voice)]
            yield from _twice(kind, text, fit, "second" if second else "tuned")


def _late() -> Iterator[Opening]:
    voices = [voice for voice in _voices(LATE_HIBARI, LATE_FLITE) if _installed(voice)]
    for kind, texts in yaml.safe_load(LATE.read_text("utf-8")).items():
        for text in texts:
            yield from _twice(kind, text, voices, "late")


def _twice(kind: str, text: str, voices: list[str], part: Part) -> Iterator[Opening]:
    first = int(_digest(text)[:8], 16)
    for turn in range(2):
        yield Opening(AnsweredBy(kind), text, voices[(first + turn) % len(voices)], part)


def _voices(hibari: Iterable[str], flite: Iterable[str]) -> list[str]:
    return [f"hibari {name}" for name in hibari] + [f"flite {name}" for name in flite]


def _installed(voice: str) -> bool:
    return not voice.startswith("flite") or which("flite") is not None


class Studio:
    """Renders openings; what a voice once said is on disk."""

    def __init__(self) -> None:
        folder = default_folder()
        self._cache = RenderingCache(folder) if folder else None
        self._voices = Voices()

    def render(self, opening: Opening) -> Rendered:
        parts = [np.zeros(int(LEAD_SECONDS * 8000), np.int16)]
        speech_ends = beep_ends = 0
        for word, argument in _parts(opening.script, opening.voice):
            sound = self._part(opening.voice, word, argument)
            parts.append(sound)
            position = sum(map(len, parts))
            if word == "beep":
                beep_ends = position
            elif word == "say":
                speech_ends = position - _quiet_end(sound)
        parts.append(np.zeros(int(TAIL_SECONDS * 8000), np.int16))
        samples = np.concatenate(parts).astype(np.float64)
        noise = np.random.default_rng(zlib.crc32(opening.script.encode()))
        samples += noise.normal(0, 32768 * 10 ** (NOISE_DBFS / 20), len(samples))
        audio = from_samples(PCMU_8K, samples)
        return Rendered(audio, speech_ends / 8, beep_ends / 8 if beep_ends else None)

    def _part(self, voice: str, word: str, argument: str) -> Samples:
        if word == "pause":
            return np.zeros(int(float(argument) * 8000), np.int16)
        if word == "beep" and argument:
            hz, ms = argument.split()
            return to_samples(beep(PCM16_8K, float(ms), float(hz)))
        if word == "beep":
            return _recording(RECORDINGS / "beep.wav")
        if voice == "recorded":
            return _recording(RECORDINGS / f"{argument}.wav")
        if voice == "reader":
            return _recording(READERS / argument)
        kind, name = voice.split()
        return self._hibari(argument, (HIBARI | LATE_HIBARI)[name]) if kind == "hibari" else self._flite(argument, name)

    def _hibari(self, text: str, pace: float) -> Samples:
        sounds = [to_samples(audio) for audio in self._voices.text_to_speech("hibari").synthesise(text)]
        return resample_whole(np.concatenate(sounds), round(24000 * pace / 100) * 100, 8000)

    def _flite(self, text: str, voice: str) -> Samples:
        known = self._cache.get(f"bench flite {voice}", text) if self._cache else None
        if known is None:
            known = speak(["flite", "-voice", voice, "-f", "{text}", "-o", "{wav}"], text, 8000)
            if self._cache:
                self._cache.put(f"bench flite {voice}", text, known)
        return to_samples(known)


def _parts(script: str, voice: str) -> Iterator[tuple[str, str]]:
    for position, piece in enumerate(_MARK.split(script)):
        piece = piece.strip()
        if position % 2:
            yield ("beep", piece[5:]) if piece.startswith("beep") else ("pause", piece)
        elif voice in ("recorded", "reader"):
            yield from (("beep", "") if word == "=beep" else ("say", word) for word in piece.split())
        elif piece:
            yield "say", piece


@lru_cache
def _recording(path: Path) -> Samples:
    sound = read_wav(path.read_bytes())
    return resample_whole(to_samples(sound), sound.format.rate_hz, 8000)


def _quiet_end(samples: Samples) -> int:
    """How many samples at the end are no louder than a room."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return len(samples) - int(loud[-1]) - 1 if len(loud) else len(samples)
