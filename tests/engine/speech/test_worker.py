from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from biami_engine.audio.frame import PCM16_16K, Audio
from biami_engine.errors import BackendError, NotFound
from biami_engine.speech import SpeechWorker, Voices


class CountingVoice:
    """Says every text as 100 ms of silence, once it is let."""

    rate_hz = 16000

    def __init__(self) -> None:
        self.said: list[str] = []
        self.threads: set[str] = set()
        self.started = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def synthesise(self, text: str) -> Iterator[Audio]:
        self.started.set()
        self.gate.wait(10)
        self.said.append(text)
        self.threads.add(threading.current_thread().name)
        yield Audio.silence(PCM16_16K, 100)


class OneVoice:
    def __init__(self) -> None:
        self.voice = CountingVoice()

    def text_to_speech(self, name: str = "") -> CountingVoice:
        return self.voice


async def test_real_speech_arrives_sentence_by_sentence(voices: Voices, provider: str) -> None:
    parts = [audio async for audio in voices.speaker.stream("Hello there. How are you?", provider)]
    whole = await voices.speaker.render("Hello there. How are you?", provider)
    assert len(parts) == 2
    assert whole.payload == parts[0].payload + parts[1].payload
    await voices.close()


async def test_two_texts_take_turns_in_one_thread() -> None:
    voices = OneVoice()
    worker = SpeechWorker(voices)
    voices.voice.gate.clear()
    texts = [asyncio.create_task(worker.render(text)) for text in ("A one. A two.", "B one. B two.")]
    await asyncio.to_thread(voices.voice.started.wait, 10)
    voices.voice.gate.set()
    await asyncio.wait_for(asyncio.gather(*texts), 10)
    assert voices.voice.said == ["A one.", "B one.", "A two.", "B two."]
    assert len(voices.voice.threads) == 1
    await worker.close()


async def test_a_reader_that_stops_stops_the_synthesis() -> None:
    voices = OneVoice()
    worker = SpeechWorker(voices)
    async for _ in worker.stream("One. Two. Three."):
        break
    await worker.render("Other.")
    assert voices.voice.said == ["One.", "Other."]
    await worker.close()


async def test_a_cancelled_reader_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    voices = OneVoice()
    worker = SpeechWorker(voices)
    voices.voice.gate.clear()
    task = asyncio.create_task(worker.render("One. Two."))
    await asyncio.to_thread(voices.voice.started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    voices.voice.gate.set()
    await worker.close()
    assert voices.voice.said == ["One."]
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("speech")]


async def test_failures_reach_who_asked() -> None:
    worker = SpeechWorker(Voices(cache=False))
    with pytest.raises(NotFound):
        await worker.render("Hello.", "nobody")
    await worker.close()
    with pytest.raises(BackendError, match="switched off"):
        await worker.render("Hello.")


async def test_no_text_is_an_empty_sound() -> None:
    worker = SpeechWorker(Voices(cache=False))
    assert (await worker.render("  ")).duration_ms == 0
    await worker.close()
