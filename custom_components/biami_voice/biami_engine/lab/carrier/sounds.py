"""What the carrier itself can make heard: speech of `<Say>`, key tones, sound files, played from start to end."""

from __future__ import annotations

import asyncio
from typing import Protocol

import aiohttp

from ...audio.frame import PCMU_8K, Audio
from ...audio.resample import resample_whole
from ...audio.samples import from_samples, to_samples
from ...audio.tones import dtmf, tones
from ...audio.wav import read_wav
from .playout import BYTES_PER_SECOND, FRAME_BYTES, SILENCE


class Voice(Protocol):
    async def speak(self, text: str) -> bytes:
        """`text` as µ-law 8 kHz."""
        ...


class ToneVoice:
    """Stands in where no speech is installed: a tone as long as the text would be."""

    async def speak(self, text: str) -> bytes:
        return tones(PCMU_8K, (330, 440), 60 * len(text), -14).payload


class Clip:
    """A stretch of sound as a call's source."""

    def __init__(self, audio: bytes) -> None:
        self._audio = memoryview(audio)
        self._next = 0
        self.done = asyncio.Event()

    def read_frame(self, at: float) -> bytes:
        frame = bytes(self._audio[self._next : self._next + FRAME_BYTES])
        self._next += FRAME_BYTES
        if not frame:
            self.done.set()
        return frame + SILENCE[len(frame) :]


def key_tones(keys: str) -> bytes:
    """`1ww2#` as sound; w is 0.5 s of silence, W 1 s."""
    return dtmf(PCMU_8K, keys).payload


def to_telephone(audio: Audio) -> bytes:
    """Any sound as µ-law 8 kHz."""
    samples = resample_whole(to_samples(audio), audio.format.rate_hz, BYTES_PER_SECOND)
    return from_samples(PCMU_8K, samples).payload


async def load_sound(url: str) -> bytes:
    """A WAV file by URL as µ-law; nothing where it cannot be had."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            response.raise_for_status()
            return to_telephone(read_wav(await response.read()))
    except (aiohttp.ClientError, ValueError):
        return b""
