"""Speech-to-text of OpenAI, or of a server with the same `/v1/audio/transcriptions` (speaches, LocalAI, vLLM, …)."""

from __future__ import annotations

import aiohttp

from ..audio.frame import Audio
from ..audio.wav import write_wav
from ..errors import BackendError
from .http import bearer, raise_for_refusal, unreachable
from .pcm import as_pcm16
from .port import Recognition
from .stages import StageServices

_WHO = "the speech-to-text server"


class OpenAIEar:
    """Without a key no `Authorization` is sent: a server of one's own needs none."""

    def __init__(
        self,
        services: StageServices,
        base_url: str = "https://api.openai.com/v1",
        model: str = "gpt-4o-mini-transcribe",
        api_key: str = "",
    ) -> None:
        self._http = services.http
        self._url = f"{base_url}/audio/transcriptions"
        self._model = model
        self._headers = bearer(api_key)

    async def transcribe(self, audio: Audio, language: str) -> Recognition:
        form = aiohttp.FormData()
        form.add_field("file", write_wav(as_pcm16(audio)), filename="speech.wav", content_type="audio/wav")
        form.add_field("model", self._model)
        form.add_field("language", language.partition("-")[0])
        form.add_field("response_format", "json")
        try:
            async with self._http.session.post(self._url, data=form, headers=self._headers) as response:
                await raise_for_refusal(response, _WHO)
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(_WHO, error) from None
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            raise BackendError(f"{_WHO} answered without a text", retriable=True)
        return Recognition(body["text"].strip(), 0.0)
