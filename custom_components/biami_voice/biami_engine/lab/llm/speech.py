"""`/v1/audio/speech` and `/v1/audio/transcriptions`, by the house's own voices and recogniser."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.web import FileField

from ...audio.frame import PCM16_24K
from ...audio.wav import read_wav
from ...backends.sound import as_format
from ...speech.port import Listener, Speaker

PIECE_BYTES = 4801
"""Odd on purpose: a network cuts samples in the middle."""


class SpeechRoutes:
    """Without a voice or a recogniser they answer 404. `heard` and `spoken` are the texts so far."""

    def __init__(
        self, speaker: Speaker | None, listener: Listener | None, known: Callable[[web.Request], bool]
    ) -> None:
        self.heard: list[str] = []
        self.spoken: list[str] = []
        self._speaker = speaker
        self._listener = listener
        self._known = known

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/audio/transcriptions", self._transcriptions),
            web.post("/v1/audio/speech", self._speech),
        ]

    async def _transcriptions(self, request: web.Request) -> web.Response:
        self._admit(request, self._listener is not None)
        form = await request.post()
        file = form.get("file")
        if not isinstance(file, FileField) or not form.get("model"):
            raise web.HTTPBadRequest(text='{"error": {"message": "file and model are required"}}')
        assert self._listener is not None
        recognition = await self._listener.transcribe(read_wav(file.file.read()))
        self.heard.append(recognition.text)
        return web.json_response({"text": recognition.text})

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        self._admit(request, self._speaker is not None)
        body = await request.json()
        if not body.get("model") or not body.get("voice") or body.get("response_format") != "pcm":
            raise web.HTTPBadRequest(text='{"error": {"message": "model, voice and response_format pcm are required"}}')
        assert self._speaker is not None
        self.spoken.append(body["input"])
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        async for audio in self._speaker.stream(body["input"]):
            sound = as_format(audio, PCM16_24K).payload
            for start in range(0, len(sound), PIECE_BYTES):
                await response.write(sound[start : start + PIECE_BYTES])
        return response

    def _admit(self, request: web.Request, offered: bool) -> None:
        if not self._known(request):
            raise web.HTTPUnauthorized(text='{"error": {"message": "Incorrect API key provided."}}')
        if not offered:
            raise web.HTTPNotFound(text='{"error": {"message": "Not offered here."}}')
