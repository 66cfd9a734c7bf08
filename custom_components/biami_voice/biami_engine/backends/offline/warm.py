"""Everything a conversation needs, loaded before somebody waits for it."""

from __future__ import annotations

import asyncio

from ...audio.frame import PCM16_16K, Audio
from ...speech.port import SpeechFactory
from ...speech.silero import SileroVad
from .dialogue.knowledge import Knowledge


async def load(speech: SpeechFactory, voice: str, recogniser: str) -> None:
    """Raises what the providers raise: `MissingDependency` and `BackendError`."""
    SileroVad(PCM16_16K)
    await asyncio.to_thread(Knowledge().grammar)
    await speech.listener.transcribe(Audio.silence(PCM16_16K, 500), recogniser)
    # Never said before, so that it comes from the voice and not from the cache on disk.
    await speech.speaker.render("Warm up.", voice)
