"""The voice of simulated people: the house's own speech, brought down to the telephone's µ-law once per text."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..audio.wav import read_wav
from ..errors import ConfigError
from ..speech.port import Speaker
from .carrier.sounds import to_telephone

MAX_TEXTS = 200


class LabVoice:
    def __init__(self, speaker: Speaker, voice: str = "") -> None:
        self._speaker = speaker
        self._voice = voice
        self._spoken: dict[str, bytes] = {}

    async def speak(self, text: str) -> bytes:
        """`text` as µ-law 8 kHz."""
        if text not in self._spoken:
            audio = await self._speaker.render(text, self._voice)
            if len(self._spoken) >= MAX_TEXTS:
                self._spoken.clear()
            self._spoken[text] = to_telephone(audio)
        return self._spoken[text]


async def telephone_wav(file: Path) -> bytes:
    """A WAV file as µ-law 8 kHz."""
    try:
        data = await asyncio.to_thread(file.read_bytes)
        return to_telephone(read_wav(data))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be played: {error}", source=str(file)) from None
