"""Speech-to-text of a Wyoming server: one connection for an utterance."""

from __future__ import annotations

from ..audio.frame import Audio
from ..errors import BackendError
from .pcm import RATE_HZ, as_pcm16
from .port import Recognition
from .stages import StageServices
from .wyoming_place import WyomingPlace
from .wyoming_wire import DEFAULT_PORT, WyomingPeer, connection, wyoming

CHUNK_MS = 100.0


class WyomingEar:
    """Options: `host` and `port`, or `discover`; `model` where the server has several."""

    def __init__(
        self,
        services: StageServices,
        host: str = "",
        port: int = DEFAULT_PORT,
        discover: str = "",
        model: str = "",
        timeout_seconds: float = 15.0,
    ) -> None:
        self._asr, self._sound = wyoming("asr"), wyoming("audio")
        self._place = WyomingPlace("asr", host, port, discover)
        self._model = model
        self._timeout_seconds = timeout_seconds

    async def warm_up(self) -> None:
        await self._place.find()

    async def transcribe(self, audio: Audio, language: str) -> Recognition:
        address, _ = await self._place.find()
        try:
            async with connection(address, self._timeout_seconds) as peer:
                return await self._ask(peer, as_pcm16(audio), language.partition("-")[0])
        except BackendError:
            self._place.lost()
            raise

    async def _ask(self, peer: WyomingPeer, audio: Audio, language: str) -> Recognition:
        shape = {"rate": RATE_HZ, "width": 2, "channels": 1}
        await peer.send(self._asr.Transcribe(name=self._model or None, language=language))
        await peer.send(self._sound.AudioStart(**shape))
        start = 0.0
        while start < audio.duration_ms:
            piece = audio.slice(start, start + CHUNK_MS)
            await peer.send(self._sound.AudioChunk(**shape, audio=piece.payload, timestamp=int(start)))
            start += CHUNK_MS
        await peer.send(self._sound.AudioStop(timestamp=int(audio.duration_ms)))
        while True:  # `transcript-chunk` and its like may come before; `transcript` has the whole text in any case
            event = await peer.receive()
            if self._asr.Transcript.is_type(event.type):
                return Recognition(str(event.data.get("text", "")).strip(), 0.0)
