"""Wyoming servers as stages of a cascade: a good one, and bad ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from biami_engine.audio.frame import Audio, AudioFormat
from biami_engine.errors import BackendError
from biami_engine.speech import Voices
from biami_engine.speech.http import HttpPool
from biami_engine.speech.stages import StageServices, Synthesiser, Transcriber, synthesiser, transcriber
from biami_engine.speech.wyoming_place import SERVICE_TYPE
from biami_engine.speech.wyoming_server import WyomingServer


@pytest.fixture
def lent(voices: Voices) -> StageServices:
    return StageServices(voices, HttpPool(), ".")


@pytest.fixture
async def port(voices: Voices) -> AsyncIterator[int]:
    server = WyomingServer(voices)
    yield await server.start("127.0.0.1", 0)
    await server.stop()
    await voices.close()


def ear(lent: StageServices, **options: object) -> Transcriber:
    return transcriber("wyoming", {"host": "127.0.0.1", "timeout_seconds": 3.0, **options}, lent)


def mouth(lent: StageServices, **options: object) -> Synthesiser:
    return synthesiser("wyoming", {"host": "127.0.0.1", "timeout_seconds": 3.0, **options}, lent)


async def spoken(voice: Synthesiser, sentence: str, name: str = "") -> Audio:
    parts = [audio async for audio in voice.speak(sentence, name, "en-US")]
    assert len({part.format for part in parts}) == 1
    return Audio(parts[0].format, b"".join(part.payload for part in parts))


async def test_there_and_back(lent: StageServices, voices: Voices, port: int) -> None:
    sound = await spoken(mouth(lent, port=port), "What time is it?")
    assert (await ear(lent, port=port).transcribe(sound, "en-US")).text == "What time is it?"


async def test_a_voice_of_another_provider_is_not_asked_for(lent: StageServices, port: int) -> None:
    same = [await spoken(mouth(lent, port=port), "Hello there.", name) for name in ("", "marin", "hibari")]
    assert len({sound.payload for sound in same}) == 1


async def test_it_is_found_on_the_network(lent: StageServices, port: int) -> None:
    """A search of all interfaces hears loopback only where multicast works there: the announcement uses all, too."""
    network = AsyncZeroconf()
    nobody = AsyncServiceInfo(SERVICE_TYPE, f"a test nobody.{SERVICE_TYPE}", port=9, parsed_addresses=["127.0.0.1"])
    speech = AsyncServiceInfo(SERVICE_TYPE, f"a test speech.{SERVICE_TYPE}", port=port, parsed_addresses=["127.0.0.1"])
    try:
        for info in (nobody, speech):
            await (await network.async_register_service(info))
        found = transcriber("wyoming", {"discover": "A TEST"}, lent)
        heard = await found.transcribe(Audio.silence(AudioFormat("pcm16", 16000), 500), "en")
        assert heard.text == ""
        lost = transcriber("wyoming", {"discover": "nobody else"}, lent)
        with pytest.raises(BackendError, match="named 'nobody else' with speech-to-text is announced"):
            await lost.transcribe(Audio.silence(AudioFormat("pcm16", 16000), 500), "en")
    finally:
        await network.async_close()


async def test_nobody_there(lent: StageServices) -> None:
    with pytest.raises(BackendError, match=r"127\.0\.0\.1:9 cannot be reached"):
        await spoken(mouth(lent, port=9), "Hello.")


# --- servers that go wrong -------------------------------------------------------------------------------------------

Answer = Callable[[Event], Awaitable[list[Event | None]]]
NOBODY = {"attribution": Attribution("", ""), "installed": True, "description": None, "version": None}
INFO = Info(tts=[TtsProgram("x", voices=[TtsVoice("v", languages=["en"], **NOBODY)], **NOBODY)])


@asynccontextmanager
async def rogue(*answers: Event | None) -> AsyncIterator[int]:
    """Describes itself well and answers a text with these events; None closes, and after the last it keeps silent."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        event = await async_read_event(reader)
        assert event is not None
        for answer in [INFO.event()] if event.type == "describe" else answers:
            if answer is not None:
                await async_write_event(answer, writer)
        if event.type == "describe" or answers[-1:] == (None,):
            writer.close()
            return
        await done.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        done.set()


CHUNK = AudioChunk(22050, 2, 1, bytes(4410)).event()
START, STOP = AudioStart(22050, 2, 1).event(), AudioStop().event()


async def test_a_server_that_does_not_stream(lent: StageServices) -> None:
    async with rogue(START, CHUNK, CHUNK, STOP) as port:
        sound = await spoken(mouth(lent, port=port), "Hello.")
    assert (sound.format.rate_hz, sound.duration_ms) == (22050, 200)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((None,), "broke off the connection"),
        ((START, CHUNK, None), "broke off the connection"),
        ((START, CHUNK), "took too long"),
        ((Error("no such voice").event(),), "no such voice"),
        ((START, AudioChunk(22050, 4, 1, bytes(64)).event()), "32 bit"),
    ],
    ids=["closed", "closed in the middle", "silent", "error", "format"],
)
async def test_what_servers_do_wrong_is_one_sentence(
    lent: StageServices, answers: tuple[Event | None, ...], reason: str
) -> None:
    async with rogue(*answers) as port:
        with pytest.raises(BackendError, match=reason):
            await spoken(mouth(lent, port=port, timeout_seconds=1.0), "Hello.")


async def test_a_server_without_the_service_is_refused(lent: StageServices) -> None:
    async with rogue(None) as port:
        with pytest.raises(BackendError, match="offers no speech-to-text"):
            await ear(lent, port=port).transcribe(Audio.silence(AudioFormat("pcm16", 16000), 500), "en")
