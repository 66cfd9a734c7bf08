"""The house's own recogniser and voices as stages: they share its one worker thread."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from ..audio.frame import PCM16_16K, Audio
from .port import Recognition
from .stages import StageServices


class HouseEar:
    """Options: `recogniser`; the best installed without it."""

    def __init__(self, services: StageServices, recogniser: str = "") -> None:
        services.speech.speech_to_text(recogniser)  # tells what is missing
        self._listener = services.speech.listener
        self._recogniser = recogniser

    async def transcribe(self, audio: Audio, language: str) -> Recognition:
        return await self._listener.transcribe(audio, self._recogniser)

    async def warm_up(self) -> None:
        await self._listener.transcribe(Audio.silence(PCM16_16K, 500), self._recogniser)


class HouseVoice:
    """Options: `voice`, one of the house's; a context's voice is another provider's and not asked for here."""

    def __init__(self, services: StageServices, voice: str = "") -> None:
        services.speech.text_to_speech(voice)  # tells what is missing
        self._speaker = services.speech.speaker
        self._voice = voice

    async def speak(self, sentence: str, voice: str, language: str) -> AsyncGenerator[Audio, None]:
        async for audio in self._speaker.stream(sentence, self._voice):
            yield audio

    async def warm_up(self) -> None:
        await self._speaker.render("Hello.", self._voice)
