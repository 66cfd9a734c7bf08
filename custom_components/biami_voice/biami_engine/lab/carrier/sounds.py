"""What the carrier itself can make heard: speech of `<Say>`, key tones, sound files, played from start to end."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Protocol

import aiohttp
import numpy as np

from ...audio.g711 import encode
from ...audio.resample import resample_whole
from .playout import BYTES_PER_SECOND, FRAME_BYTES, SILENCE

KEY_TONES = {
    key: (low, high)
    for low, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for key, high in zip(keys, (1209, 1336, 1477, 1633), strict=True)
}
"""ITU-T Q.23."""


class Voice(Protocol):
    async def speak(self, text: str) -> bytes:
        """`text` as µ-law 8 kHz."""
        ...


class ToneVoice:
    """Stands in where no speech is installed: a tone as long as the text would be."""

    async def speak(self, text: str) -> bytes:
        return tones((330, 440), 0.06 * len(text))


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


def tones(frequencies: tuple[int, int], seconds: float, amplitude: float = 6000.0) -> bytes:
    """Two sine waves as µ-law."""
    time = np.arange(int(seconds * BYTES_PER_SECOND)) / BYTES_PER_SECOND
    wave = amplitude * np.sin(2 * np.pi * np.outer(frequencies, time)).sum(axis=0)
    return encode("pcmu", wave.astype(np.int16))


def key_tones(keys: str) -> bytes:
    """`1ww2#` as sound: 120 ms a key, 80 ms between; w is 0.5 s of silence, W 1 s."""
    audio = b""
    for key in keys:
        if key in "wW":
            audio += b"\xff" * (BYTES_PER_SECOND // (2 if key == "w" else 1))
        else:
            audio += tones(KEY_TONES[key], 0.12) + b"\xff" * (BYTES_PER_SECOND * 80 // 1000)
    return audio


def wav_to_ulaw(data: bytes) -> bytes:
    """A WAV of 16-bit samples as µ-law 8 kHz; several channels become one. Raises ValueError for another format."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:
                raise ValueError("only WAVs of 16-bit samples")
            frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            rate = file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from None
    return encode("pcmu", resample_whole(frames.mean(axis=1).astype(np.int16), rate, BYTES_PER_SECOND))


async def load_sound(url: str) -> bytes:
    """A WAV file by URL as µ-law; nothing where it cannot be had."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            response.raise_for_status()
            return wav_to_ulaw(await response.read())
    except (aiohttp.ClientError, ValueError):
        return b""
