"""Text-to-speech of OpenAI, or of a server with the same `/v1/audio/speech`; raw PCM as it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp

from ..audio.frame import Audio, AudioFormat
from .http import bearer, raise_for_refusal, unreachable
from .stages import StageServices

PIECE_BYTES = 9600
"""0.2 s at 24 kHz."""
_WHO = "the text-to-speech server"


class OpenAIVoice:
    """`rate_hz` is that of the server's `pcm`: 24000 at OpenAI, other servers may differ."""

    def __init__(
        self,
        services: StageServices,
        base_url: str = "https://api.openai.com/v1",
        model: str = "gpt-4o-mini-tts",
        api_key: str = "",
        voice: str = "",
        rate_hz: int = 24000,
    ) -> None:
        self._http = services.http
        self._url = f"{base_url}/audio/speech"
        self._model = model
        self._headers = bearer(api_key)
        self._voice = voice
        self._format = AudioFormat("pcm16", rate_hz)

    async def speak(self, sentence: str, voice: str, language: str) -> AsyncGenerator[Audio, None]:
        body = {
            "model": self._model,
            "input": sentence,
            "voice": self._voice or voice or "marin",
            "response_format": "pcm",
        }
        rest = b""
        try:
            async with self._http.session.post(self._url, json=body, headers=self._headers) as response:
                await raise_for_refusal(response, _WHO)
                async for data in response.content.iter_chunked(PIECE_BYTES):
                    data = rest + data
                    whole = len(data) & ~1
                    rest = data[whole:]
                    yield Audio(self._format, data[:whole])
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(_WHO, error) from None
