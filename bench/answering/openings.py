"""The set of openings, as telephone sound: which there are, which are held out, and how each one sounds.

Half of the texts of each kind and half of the voices are held out, by the order of their SHA-256: a tuned text is only
ever heard in tuned voices, a held-out text in held-out voices. The split was fixed before any rule was tuned.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shutil import which

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
RECORDINGS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
"""A person, recorded for telephones: Debian's asterisk-core-sounds-en-wav."""
READERS = Path("/usr/share/pocketsphinx/test/data")
"""More people: Debian's pocketsphinx-testdata."""

HIBARI = {"low": 0.86, "slow": 0.93, "plain": 1.0, "bright": 1.07, "high": 1.15}
"""Other voices out of one: played faster or slower, pitch and pace move together."""
FLITE = ("slt", "rms", "awb", "kal16")
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


@dataclass(frozen=True, slots=True)
class Opening:
    """`held_out`: nothing was tuned on it. `voice` says who speaks: `hibari low`, `flite slt`, `recorded`, …"""

    kind: AnsweredBy
    script: str
    voice: str
    held_out: bool

    @property
    def has_beep(self) -> bool:
        return "{beep" in self.script or "=beep" in self.script


@dataclass(frozen=True, slots=True)
class Rendered:
    """As the telephone brings it. `speech_ends_ms` is where the last word ends, `beep_ends_ms` the last tone."""

    audio: Audio
    speech_ends_ms: float
    beep_ends_ms: float | None


def openings() -> list[Opening]:
    """All that this machine can render, two voices for each written text."""
    found = list(_written())
    if RECORDINGS.is_dir():
        found += [Opening(kind, script, "recorded", True) for kind, scripts in RECORDED.items() for script in scripts]
    if READERS.is_dir():
        found += [Opening(AnsweredBy.HUMAN, script, "reader", True) for script in READ]
    return found


def voice_names() -> list[str]:
    return [f"hibari {name}" for name in HIBARI] + ([f"flite {name}" for name in FLITE] if which("flite") else [])


def held_out(names: Sequence[str]) -> set[str]:
    """The first half by SHA-256."""
    return set(sorted(names, key=_digest)[: (len(names) + 1) // 2])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _written() -> Iterator[Opening]:
    # The split of the voices does not depend on which of them are installed.
    every = [f"hibari {name}" for name in HIBARI] + [f"flite {name}" for name in FLITE]
    secret = held_out(every)
    for kind, texts in yaml.safe_load(TEXTS.read_text("utf-8")).items():
        secret_texts = held_out(texts)
        for text in texts:
            fit = [voice for voice in voice_names() if (voice in secret) == (text in secret_texts)]
            for turn in range(2):
                voice = fit[(int(_digest(text)[:8], 16) + turn) % len(fit)]
                yield Opening(AnsweredBy(kind), text, voice, text in secret_texts)


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
        return self._hibari(argument, HIBARI[name]) if kind == "hibari" else self._flite(argument, name)

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
