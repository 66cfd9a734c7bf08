"""The house's speech for others, used by the reference client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from biami_engine.audio.frame import Audio, AudioFormat
from biami_engine.speech import Voices
from biami_engine.speech.pcm import as_pcm16
from biami_engine.speech.wyoming_server import MAX_CONNECTIONS, WyomingServer
from biami_engine.speech.wyoming_service import MAX_SECONDS

SHAPE = {"rate": 16000, "width": 2, "channels": 1}


@pytest.fixture
async def port(voices: Voices) -> AsyncIterator[int]:
    server = WyomingServer(voices)
    yield await server.start("127.0.0.1", 0)
    await server.stop()
    await voices.close()


@pytest.fixture
async def client(port: int) -> AsyncIterator[AsyncTcpClient]:
    async with AsyncTcpClient("127.0.0.1", port, connect_timeout=3, read_timeout=30) as client:
        yield client


async def until(client: AsyncTcpClient, kind: str) -> list[Event]:
    """Events up to the first of this kind."""
    events: list[Event] = []
    while not events or events[-1].type != kind:
        event = await client.read_event()
        assert event is not None, f"closed after {[event.type for event in events]}"
        events.append(event)
    return events


async def send(client: AsyncTcpClient, *events: object) -> None:
    for event in events:
        await client.write_event(event.event())


async def send_speech(client: AsyncTcpClient, audio: Audio) -> None:
    await send(client, Transcribe(language="en"), AudioStart(**SHAPE))
    for start in range(0, int(audio.duration_ms), 64):
        await send(client, AudioChunk(**SHAPE, audio=audio.slice(start, start + 64).payload))
    await send(client, AudioStop())


def sound(events: list[Event]) -> Audio:
    chunks = [AudioChunk.from_event(event) for event in events if AudioChunk.is_type(event.type)]
    return Audio(AudioFormat("pcm16", chunks[0].rate), b"".join(chunk.audio for chunk in chunks))


async def test_it_says_what_it_offers(client: AsyncTcpClient) -> None:
    await send(client, SelectProgram("biami-voice"), Describe())
    info = Info.from_event((await until(client, "info"))[-1])
    assert [model.languages for program in info.asr for model in program.models] == [["en"]]
    assert "hibari" in [voice.name for program in info.tts for voice in program.voices]
    assert info.tts[0].supports_synthesize_streaming
    await send(client, Ping("hello"))
    assert Pong.from_event((await until(client, "pong"))[-1]).text == "hello"


async def test_speech_becomes_text_again_and_again(client: AsyncTcpClient, voices: Voices) -> None:
    for sentence in ("Turn on the kitchen light.", "What time is it?"):
        await send_speech(client, as_pcm16(await voices.speaker.render(sentence)))
        assert Transcript.from_event((await until(client, "transcript"))[-1]).text == sentence


async def test_silence_is_no_text(client: AsyncTcpClient) -> None:
    await send_speech(client, Audio.silence(AudioFormat("pcm16", 16000), 1500))
    assert Transcript.from_event((await until(client, "transcript"))[-1]).text == ""
    await send(client, Transcribe(), AudioStart(**SHAPE), AudioStop())
    assert Transcript.from_event((await until(client, "transcript"))[-1]).text == ""


async def test_text_becomes_speech(client: AsyncTcpClient, voices: Voices) -> None:
    await send(client, Synthesize("The kitchen light is on. Good night.", voice=SynthesizeVoice(name="hibari")))
    events = await until(client, "audio-stop")
    assert AudioStart.from_event(events[0]).rate == 24000
    heard = await voices.listener.transcribe(sound(events))
    assert heard.text.lower().replace(".", "") == "the kitchen light is on good night"


async def test_streamed_text_is_spoken_while_it_comes(client: AsyncTcpClient, voices: Voices) -> None:
    """Home Assistant sends the whole text once more, for servers that do not stream."""
    await send(client, SynthesizeStart(), SynthesizeChunk("The kitchen li"), SynthesizeChunk("ght is on. Good"))
    first = await until(client, "audio-stop")
    assert (await voices.listener.transcribe(sound(first))).text == "The kitchen light is on."
    whole = "The kitchen light is on. Good night."
    await send(client, SynthesizeChunk(" night."), Synthesize(whole), SynthesizeStop())
    rest = await until(client, "synthesize-stopped")
    assert (await voices.listener.transcribe(sound(rest))).text == "Good night."
    assert [event.type for event in rest].count("audio-stop") == 1
    assert SynthesizeStopped.is_type(rest[-1].type)


async def test_unknown_voices_and_empty_texts_leave_nobody_waiting(client: AsyncTcpClient) -> None:
    await send(client, Synthesize("Hello.", voice=SynthesizeVoice(name="nobody")))
    assert sound(await until(client, "audio-stop")).duration_ms > 200
    await send(client, Synthesize("  "))
    assert len(await until(client, "audio-stop")) == 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (AudioChunk(16000, 4, 1, b"\0" * 64).event(), "16 bit"),
        (AudioChunk(16000, 2, 2, b"\0" * 64).event(), "16 bit"),
        (AudioChunk(1, 2, 1, b"\0" * 64).event(), "16 bit"),
        (Event("synthesize", {}), "cannot be understood"),
        (Event("synthesize", {"text": 5}), "cannot be understood"),
        (Event("audio-chunk", {"rate": "x"}), "cannot be understood"),
        (Event("synthesize", {"text": "x" * 30_000}), "at most"),
    ],
)
async def test_broken_events_are_refused_with_a_reason(client: AsyncTcpClient, event: Event, reason: str) -> None:
    await client.write_event(event)
    assert reason in Error.from_event((await until(client, "error"))[-1]).text
    assert await client.read_event() is None


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"{}\n", b'{"type": "x", "payload_length": 99999999999}\n', b"x" * 70_000],
    ids=["http", "list", "empty", "huge", "endless"],
)
async def test_garbage_closes_that_connection_alone(port: int, client: AsyncTcpClient, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(garbage)
    async with asyncio.timeout(5):
        await reader.read()
    writer.close()
    await send(client, Ping())
    await until(client, "pong")


async def test_an_endless_utterance_is_refused(client: AsyncTcpClient) -> None:
    minute = AudioChunk(**SHAPE, audio=bytes(32_000 * 60))
    await send(client, AudioStart(**SHAPE), minute, minute, minute)
    assert f"{MAX_SECONDS:g} s" in Error.from_event((await until(client, "error"))[-1]).text


async def test_too_many_clients_are_turned_away(port: int) -> None:
    clients = [AsyncTcpClient("127.0.0.1", port, read_timeout=10) for _ in range(MAX_CONNECTIONS + 1)]
    for client in clients:
        await client.connect()
        await asyncio.sleep(0)
    *inside, outside = clients
    assert await outside.read_event() is None
    await send(inside[-1], Ping())
    await until(inside[-1], "pong")
    for client in clients:
        await client.disconnect()


async def test_stopping_breaks_off_what_runs(voices: Voices) -> None:
    server = WyomingServer(voices)
    port = await server.start("127.0.0.1", 0)
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=10) as client:
        await send(client, Ping())
        await until(client, "pong")
        await server.stop()
        assert await client.read_event() is None
