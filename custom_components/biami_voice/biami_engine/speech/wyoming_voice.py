"""Text-to-speech of a Wyoming server: one connection for a sentence, its sound as it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any

from ..audio.frame import Audio, AudioFormat
from ..errors import BackendError
from .stages import StageServices
from .wyoming_place import WyomingPlace
from .wyoming_wire import DEFAULT_PORT, WyomingPeer, connection, wyoming

if TYPE_CHECKING:
    from wyoming.info import Info


class WyomingVoice:
    """Options: `host` and `port`, or `discover`; `voice` and `speaker` where the server has several."""

    def __init__(
        self,
        services: StageServices,
        host: str = "",
        port: int = DEFAULT_PORT,
        discover: str = "",
        voice: str = "",
        speaker: str = "",
        timeout_seconds: float = 15.0,
    ) -> None:
        self._tts, self._sound = wyoming("tts"), wyoming("audio")
        self._place = WyomingPlace("tts", host, port, discover)
        self._voice = voice
        self._speaker = speaker
        self._timeout_seconds = timeout_seconds

    async def warm_up(self) -> None:
        await self._place.find()

    async def speak(self, sentence: str, voice: str, language: str) -> AsyncGenerator[Audio, None]:
        address, info = await self._place.find()
        streams = any(program.installed and program.supports_synthesize_streaming for program in info.tts)
        try:
            async with connection(address, self._timeout_seconds) as peer:
                await self._ask(peer, sentence, self._chosen(info, voice), streams)
                async for audio in self._answer(peer, streams):
                    yield audio
        except BackendError:
            self._place.lost()
            raise

    async def _ask(self, peer: WyomingPeer, sentence: str, voice: Any, streams: bool) -> None:
        """A streaming server is told when the text is over; then `synthesize-stopped` ends its answer, not the first
        `audio-stop`, of which each of its own sentences has one."""
        if streams:
            chunk = self._tts.SynthesizeChunk(text=sentence)
            await peer.send(self._tts.SynthesizeStart(voice=voice), chunk, self._tts.SynthesizeStop())
        else:
            await peer.send(self._tts.Synthesize(text=sentence, voice=voice))

    async def _answer(self, peer: WyomingPeer, streams: bool) -> AsyncIterator[Audio]:
        end = self._tts.SynthesizeStopped if streams else self._sound.AudioStop
        while True:
            event = await peer.receive()
            if end.is_type(event.type):
                return
            if self._sound.AudioChunk.is_type(event.type):
                yield _audio(self._sound.AudioChunk.from_event(event))

    def _chosen(self, info: Info, voice: str) -> Any:
        """Our own setting, else the context's voice where the server has it, else the server's default; not the first
        of a language, because wyoming-piper calls installed what it could download."""
        known = {offered.name for program in info.tts for offered in program.voices}
        name = self._voice or (voice if voice in known else "")
        return self._tts.SynthesizeVoice(name=name, speaker=self._speaker or None) if name else None


def _audio(chunk: Any) -> Audio:
    if chunk.width != 2 or chunk.channels != 1:
        raise BackendError(f"the Wyoming voice sends {8 * chunk.width} bit on {chunk.channels} channels, not 16 on one")
    return Audio(AudioFormat("pcm16", chunk.rate), chunk.audio)
