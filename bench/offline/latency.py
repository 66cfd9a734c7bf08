"""How long a caller waits: in real time, from the last sound of a sentence to the first sound of the answer, by stage.

python bench/offline/latency.py [--calls N]

Stages: `turn over` is the detector's delay and the silence that ends a turn; `words` what the recogniser still needs
then; `voice` the answer and its first sound. The agent's answers are in the cache of spoken sentences from the second
time on, as in life.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import asyncio
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from callers import Caller, spoken

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.backends import create_backend
from biami_engine.backends.port import BackendServices, BackendSession, SessionSetup, ToolSpec
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.lab.talks.live import percentiles, quiet_at_end_ms
from biami_engine.speech import Voices

SENTENCES = (
    "I would like to leave a message, please.",
    "Can I speak to Anna?",
    "What can you do for me?",
    "I'd like to make an appointment.",
    "Put me through to Anna, please.",
    "Am I talking to a machine?",
    "Please call me back tomorrow.",
    "Could you take a message?",
    "Hello, can you hear me?",
    "How are you today?",
)
TOOLS = ("check_calendar", "book_appointment", "take_message", "transfer_call")
FRAME_MS = 20.0
REST_SECONDS = 1.5


@dataclass(slots=True)
class Wait:
    """Seconds from the last sound."""

    turn_over: float = float("nan")
    words: float = float("nan")
    voice: float = float("nan")


@dataclass(slots=True)
class Line:
    session: BackendSession
    clock: SystemClock
    waits: list[Wait] = field(default_factory=list)
    _end: float = 0.0
    _now: Wait | None = None

    async def read(self) -> None:
        async for event in self.session.events():
            now = self.clock.monotonic() - self._end
            if self._now is None:
                continue
            if isinstance(event, ev.SpeechStopped):
                self._now.turn_over = now
            elif isinstance(event, ev.Transcript) and event.role.value == "caller":
                self._now.words = now
            elif isinstance(event, ev.AgentAudio):
                self._now.voice = now
                self.waits.append(self._now)
                self._now = None

    async def say(self, audio: Audio) -> None:
        silence = Audio.silence(PCMU_8K, FRAME_MS)
        frames = [audio.slice(at, at + FRAME_MS) for at in range(0, int(audio.duration_ms), int(FRAME_MS))]
        speech_ms = audio.duration_ms - quiet_at_end_ms(audio)
        begin = self.clock.monotonic()
        # Until the sentence is over nothing is measured; from then on everything counts from its last sound.
        self._end, self._now = begin + speech_ms / 1000, Wait()
        rest = int(REST_SECONDS * 1000 / FRAME_MS)
        for number, frame in enumerate([*frames, *[silence] * rest]):
            await self.clock.sleep_until(begin + (number + 1) * FRAME_MS / 1000)
            self.session.send_audio(frame)


async def measure(calls: int) -> list[Wait]:
    voices, clock = Voices(), SystemClock()
    backend = create_backend(BackendConfig("local", "offline"), BackendServices(clock, voices, "."))
    tools = [ToolSpec(name, "", {}) for name in TOOLS]
    sounds = [await spoken(Caller("hibari", PCMU_8K), sentence, voices) for sentence in SENTENCES]
    waits: list[Wait] = []

    async def talk(shift: int) -> None:
        await asyncio.sleep(shift * 0.37)  # people do not speak in chorus
        for number in range(len(sounds)):
            setup = SessionSetup(f"call_{shift}", 1, PCMU_8K, PCMU_8K, tools=tools, contacts=["anna"])
            line = Line(await backend.open(setup), clock)
            reading = asyncio.create_task(line.read())
            await line.say(sounds[(number + shift) % len(sounds)])
            await line.session.close()
            await reading
            waits.extend(line.waits)

    first = await backend.open(SessionSetup("first", 1, PCMU_8K, PCMU_8K))  # warm, as after the start of the daemon
    await first.close()
    await asyncio.gather(*(talk(number) for number in range(calls)))
    await voices.close()
    return waits


def report(calls: int, waits: Sequence[Wait]) -> None:
    known = [wait for wait in waits if wait.words == wait.words]
    stages = {
        "turn over": [wait.turn_over for wait in known],
        "words": [wait.words - wait.turn_over for wait in known],
        "voice": [wait.voice - wait.words for wait in known],
        "all together": [wait.voice for wait in known],
    }
    print(f"{calls} call(s) at once, {len(known)} turns; milliseconds after the caller's last sound")
    for name, values in stages.items():
        p50, p95 = percentiles(values)
        print(f"  {name:<14} p50 {p50 * 1000:5.0f}   p95 {p95 * 1000:5.0f}")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=0, help="only so many at once; without it 1 and 4")
    chosen = parser.parse_args()
    for calls in [chosen.calls] if chosen.calls else [1, 4]:
        began = time.process_time()
        report(calls, await measure(calls))
        print(f"  processor time {time.process_time() - began:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
