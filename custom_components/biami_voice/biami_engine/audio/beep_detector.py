"""The beep of an answering machine, told from voices, keys, music and the tones of an exchange.

A beep is one tone that stands alone: its pitch and level hold still, it begins out of quiet or words and ends in quiet
or words, never in another tone. A tone's power lies in one peak of the spectrum and its harmonics; a voice's does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from .convert import Converter
from .frame import PCM16_8K, Audio, AudioFormat
from .samples import to_samples

WINDOW = 512
"""64 ms at 8 kHz: 440 and 480 Hz (ringback) are two peaks."""
HOP = 80
HOP_MS = HOP / 8
_HZ_PER_BIN = 8000 / WINDOW
_LOBE = 2
"""Bins on each side of a peak that are still the same tone (Hann window)."""
_CENTRE_MS = WINDOW / 16
_FULL_SCALE = 0.1875 * (WINDOW * 32768) ** 2
"""The power of a full-scale square wave behind a Hann window, over the bins of one side."""


@dataclass(frozen=True, slots=True)
class BeepSettings:
    lowest_hz: float = 395.0
    highest_hz: float = 2520.0
    shortest_ms: float = 140.0
    longest_ms: float = 3000.0
    purity: float = 0.9
    """So much of the power is in the tone and its second and third harmonic …"""
    fundamental: float = 0.6
    """… and so much in the tone alone."""
    minimum_dbfs: float = -42.0
    wander_hz: float = 8.0
    """A voice moves more within a tenth of a second."""
    wander_db: float = 12.0
    """A bell fades, but not as deep within a beep."""
    alone_ms: float = 120.0
    """No other tone so shortly before or after: three rising tones are an exchange's, many are a melody."""


@dataclass(frozen=True, slots=True)
class Beep:
    """`ago_ms`: how long before the end of the audio given last it ended."""

    hz: float
    began_at_ms: float
    ended_at_ms: float
    ago_ms: float


@dataclass(slots=True)
class _Tone:
    hz: float
    first_ms: float
    last_ms: float
    loudest_db: float
    alone: bool
    windows: int = 1


class BeepDetector:
    """Hears the beeps in a stream of any format; each is told `alone_ms` after its end."""

    def __init__(self, format: AudioFormat, settings: BeepSettings | None = None) -> None:
        self.format = format
        self.settings = settings or BeepSettings()
        self._converter = Converter(format, PCM16_8K)
        self._hann = np.hanning(WINDOW + 1)[:WINDOW]
        self.reset()

    def reset(self) -> None:
        """As new: another stream begins."""
        self._converter.reset()
        self._pending: NDArray[np.int16] = np.zeros(0, np.int16)
        self._hops = 0
        self._tone: _Tone | None = None
        self._ended: _Tone | None = None
        self._last_tone_ms = -1e9

    def process(self, audio: Audio) -> Beep | None:
        """Listen on; of two beeps in one long chunk the last is told."""
        samples = np.concatenate([self._pending, to_samples(self._converter.convert(audio))])
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        self._pending = samples[count * HOP :]
        found: _Tone | None = None
        if count:
            windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * self._hann
            power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
            for spectrum in power:
                found = self._step(*self._peak(spectrum)) or found
        if found is None:
            return None
        now_ms = self._hops * HOP_MS + len(self._pending) / 8
        return Beep(found.hz, found.first_ms, found.last_ms, now_ms - found.last_ms)

    def _peak(self, spectrum: NDArray[np.float64]) -> tuple[float, float]:
        """Pitch and level of the tone that is all there is to hear in this window; 0 Hz where there is none."""
        settings = self.settings
        total = float(spectrum[4:].sum())
        level_db = 10 * log10(max(total, 1.0) / _FULL_SCALE)
        if level_db < settings.minimum_dbfs:
            return 0.0, level_db
        top = int(spectrum[4:].argmax()) + 4
        if top + 1 == len(spectrum):
            return 0.0, level_db
        hz = (top + _vertex(spectrum, top)) * _HZ_PER_BIN
        if not settings.lowest_hz <= hz <= settings.highest_hz:
            return 0.0, level_db
        own, *harmonics = (_lobe(spectrum, hz * factor) for factor in (1, 2, 3))
        if own < settings.fundamental * total or own + sum(harmonics) < settings.purity * total:
            return 0.0, level_db
        return hz, level_db

    def _step(self, hz: float, level_db: float) -> _Tone | None:
        """One window later; the tone that has now proved to be a beep."""
        now_ms = self._hops * HOP_MS + _CENTRE_MS
        self._hops += 1
        tone = self._tone
        fades = self._fades(tone or self._ended, hz, level_db)
        if fades:
            hz = 0.0
        if tone is not None and abs(hz - tone.hz) <= self.settings.wander_hz:
            tone.last_ms = now_ms
            tone.windows += 1
            tone.loudest_db = max(tone.loudest_db, level_db)
        elif hz:
            self._begin(hz, level_db, now_ms)
        elif tone is not None:
            self._tone = None
            self._last_tone_ms = tone.last_ms
            if self._is_beep(tone):
                self._ended = tone
        if fades:
            self._last_tone_ms = now_ms  # what is still heard of it is no new tone
        ended = self._ended
        if ended is not None and now_ms - ended.last_ms >= self.settings.alone_ms:
            self._ended = None
            return ended
        return None

    def _fades(self, tone: _Tone | None, hz: float, level_db: float) -> bool:
        """The window holds the end of a tone, or its echo."""
        settings = self.settings
        return (
            tone is not None
            and abs(hz - tone.hz) <= settings.wander_hz
            and tone.loudest_db - level_db > settings.wander_db
        )

    def _begin(self, hz: float, level_db: float, now_ms: float) -> None:
        """A tone begins; what sounded shortly before was part of a melody, and so is this."""
        before = self._tone.last_ms if self._tone is not None and self._tone.windows > 2 else self._last_tone_ms
        self._tone = _Tone(hz, now_ms, now_ms, level_db, now_ms - before >= self.settings.alone_ms)
        self._ended = None
        self._last_tone_ms = before

    def _is_beep(self, tone: _Tone) -> bool:
        length_ms = tone.last_ms - tone.first_ms + HOP_MS
        return tone.alone and self.settings.shortest_ms <= length_ms <= self.settings.longest_ms


def _vertex(spectrum: NDArray[np.float64], top: int) -> float:
    """Where between the bins the peak is: a parabola through three logarithms."""
    left, middle, right = np.log(spectrum[top - 1 : top + 2] + 1e-9)
    bend = left - 2 * middle + right
    return float(0.5 * (left - right) / bend) if bend < 0 else 0.0


def _lobe(spectrum: NDArray[np.float64], hz: float) -> float:
    centre = round(hz / _HZ_PER_BIN)
    return float(spectrum[centre - _LOBE : centre + _LOBE + 1].sum()) if centre + _LOBE < len(spectrum) else 0.0
