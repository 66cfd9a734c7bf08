"""A conversation in real time over a real call: an engine of its own, a loopback line, and a person on the phone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from ...audio.frame import PCMU_8K, Audio
from ...audio.level import rms_dbfs
from ...backends.sound import as_format
from ...calls.clock import SystemClock
from ...config import CallLogConfig, EngineConfig, LabConfig, LoopbackLine
from ...engine import LocalEngine
from ...interface import Clock, LiveEvent
from ...speech.port import Speaker
from ...tools.ports import HostPorts
from ...transports.loopback import LoopbackPhone, LoopbackTransport
from .judge import Reply, Verdict, verdict_of
from .script import Line, Talk

LINE = "talk"
FRAME_MS = 20.0
QUIET_STEP_MS = 10.0
QUIET_DBFS = -45.0
SETTLED_SECONDS = 0.8
"""So much silence after the agent's words, and the caller goes on."""
NO_ANSWER_SECONDS = 6.0
ANSWERED_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn and its answer; seconds count from the caller's last sound."""

    line: Line
    reply: Reply
    verdict: Verdict
    words_after: float | None
    """Until the turn was over and its words known."""
    sound_after: float | None
    """Until the caller heard the first sound of the answer."""


@dataclass(slots=True)
class Person:
    """Holds a phone and sends its frames without a break, as a wire does; says what it is given."""

    phone: LoopbackPhone
    clock: Clock
    _queue: deque[Audio] = field(default_factory=deque)
    spoke_until: float = 0.0

    async def live(self) -> None:
        at, silence = self.clock.monotonic(), Audio.silence(PCMU_8K, FRAME_MS)
        while not self.phone.over:
            at += FRAME_MS / 1000
            await self.clock.sleep_until(at)
            frame = self._queue.popleft() if self._queue else silence
            self.phone.speak(frame)
            if frame is not silence:
                self.spoke_until = at

    async def say(self, audio: Audio) -> None:
        start = 0.0
        while start < audio.duration_ms:
            self._queue.append(audio.slice(start, start + FRAME_MS))
            start += FRAME_MS
        while self._queue:
            await self.clock.sleep_until(self.clock.monotonic() + FRAME_MS / 1000)


@dataclass(slots=True)
class LiveTalk:
    engine: LocalEngine
    person: Person
    speaker: Speaker
    _told: list[tuple[float, LiveEvent]]

    async def listen(self) -> Reply:
        """To the agent, until it has said what it had to say."""
        phone, clock = self.person.phone, self.engine.clock
        seen, since, waiting_since = len(phone.heard), clock.monotonic(), clock.monotonic()
        first = len(self._told)
        while not phone.over:
            await clock.sleep_until(clock.monotonic() + 0.05)
            now, count = clock.monotonic(), len(phone.heard)
            if count > seen:
                seen, since, waiting_since = count, now, float("inf")
            if now - since > SETTLED_SECONDS and now - waiting_since > NO_ANSWER_SECONDS:
                break
            if waiting_since == float("inf") and now - since > SETTLED_SECONDS:
                break
        return _reply([event for _, event in self._told[first:]])

    async def exchange(self, line: Line) -> Exchange:
        first, heard_before = len(self._told), len(self.person.phone.heard)
        if line.press:
            for key in line.press:
                self.person.phone.press(key)
            end = self.engine.clock.monotonic()
        else:
            audio = as_format(await self.speaker.render(line.say), PCMU_8K)
            await self.person.say(audio)
            end = self.person.spoke_until - quiet_at_end_ms(audio) / 1000
        await self.listen()
        told = self._told[first:]
        heard = self.person.phone.heard[heard_before:]
        reply = _reply([event for _, event in told])
        words = next((at for at, event in told if _is_caller(event)), None)
        sound = next((piece.at for piece in heard if piece.at >= end), None)
        asked = replace(line, tools={name: {} for name in line.tools})  # arguments are nobody's business but the tool's
        return Exchange(line, reply, verdict_of(asked, reply), _after(words, end), _after(sound, end))


@asynccontextmanager
async def live_talk(
    config: EngineConfig, ports: HostPorts, talk: Talk, folder: Path, speaker: Speaker, clock: Clock | None = None
) -> AsyncIterator[LiveTalk]:
    """`folder` takes the call log."""
    config = replace(
        config,
        lines={LINE: LoopbackLine(LINE, talk.context)},
        call_log=CallLogConfig(f"sqlite:///{folder}/talk.db"),
        lab=LabConfig(),
    )
    clock = clock or SystemClock()
    engine = LocalEngine(config, clock, ports=ports)
    await engine.start()
    told: list[tuple[float, LiveEvent]] = []
    engine.subscribe(lambda event: told.append((clock.monotonic(), event)))
    transport = engine.transports[LINE]
    assert isinstance(transport, LoopbackTransport)
    person = Person(transport.call_in("+14155550123"), clock)
    async with asyncio.timeout(ANSWERED_SECONDS):
        while not person.phone.connected:
            await clock.sleep_until(clock.monotonic() + FRAME_MS / 1000)
    living = asyncio.create_task(person.live())
    try:
        yield LiveTalk(engine, person, speaker, told)
    finally:
        person.phone.hang_up()
        with contextlib.suppress(asyncio.CancelledError):
            await living
        await engine.stop()


def _reply(events: list[LiveEvent]) -> Reply:
    reply = Reply()
    for event in events:
        data = event.data
        if event.type == "turn" and data.get("role") == "agent":
            reply.said.append(str(data["text"]))
        elif _is_caller(event):
            reply.heard = f"{reply.heard} {data['text']}".strip()
        elif event.type == "tool" and data.get("state") == "started":
            reply.tools.append((str(data["name"]), {}))
    return reply


def _is_caller(event: LiveEvent) -> bool:
    return event.type == "transcript" and event.data.get("role") == "caller" and bool(event.data.get("final"))


def quiet_at_end_ms(audio: Audio) -> float:
    """Synthesised sentences end in silence; a caller's turn ends with the last sound."""
    quiet_ms = 0.0
    while quiet_ms < audio.duration_ms:
        start = audio.duration_ms - quiet_ms - QUIET_STEP_MS
        if rms_dbfs(audio.slice(max(0.0, start), start + QUIET_STEP_MS)) > QUIET_DBFS:
            break
        quiet_ms += QUIET_STEP_MS
    return quiet_ms


def _after(at: float | None, end: float) -> float | None:
    return None if at is None else max(0.0, at - end)


def percentiles(values: list[float]) -> tuple[float, float]:
    """Of seconds: p50 and p95."""
    ordered = sorted(values)
    return median(ordered), ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
