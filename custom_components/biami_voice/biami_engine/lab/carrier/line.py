"""The telephone's end of a call: a mouth, an ear, keys, and what the person at it can do.

A phone is whoever stands at that end: `Phone.attend` is started when the phone rings (or, for a caller, when it dials)
and is cancelled when the call is over. All audio is µ-law 8 kHz in frames of 20 ms, one pair of frames per tick.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...audio.dtmf_detector import DtmfDetector
from ...audio.frame import PCMU_8K, Audio
from ...interface import Clock
from .loudness import is_loud
from .loudspeaker import Loudspeaker
from .playout import BYTES_PER_SECOND, FRAME_BYTES, FRAME_SECONDS, SILENCE

KEY_SECONDS = 0.1
"""How long one key is held."""
SPELL_GAP_SECONDS = 0.5
"""Shorter silences belong to the speech around them."""


@dataclass(slots=True)
class Spell:
    """A stretch of sound in lab seconds; `end` None while it lasts."""

    start: float
    end: float | None = None
    text: str = ""


class Ear:
    """All that was heard: frame by frame since the answer, and as spells of sound."""

    def __init__(self) -> None:
        self.recording = bytearray()
        self.spells: list[Spell] = []
        self.started_at: float | None = None
        self.keys = ""
        """Keys whose tones were heard."""
        self._loud_until = 0.0
        self._detector = DtmfDetector(PCMU_8K)

    def hear(self, frame: bytes, at: float) -> None:
        if self.started_at is None:
            self.started_at = at
        self.recording += frame
        self.keys += self._detector.process(Audio(PCMU_8K, frame))
        if is_loud(frame):
            self._loud_until = at + FRAME_SECONDS
            if not self.sounding:
                self.spells.append(Spell(at))
        elif self.sounding and at + FRAME_SECONDS - self._loud_until >= SPELL_GAP_SECONDS:
            self.spells[-1].end = self._loud_until

    def close(self) -> None:
        """The call is over."""
        if self.sounding:
            self.spells[-1].end = self._loud_until

    @property
    def sounding(self) -> bool:
        return bool(self.spells) and self.spells[-1].end is None

    @property
    def last_sound_at(self) -> float | None:
        """The end of the last loud frame."""
        return self._loud_until if self.spells else None

    def heard_seconds(self) -> float:
        return len(self.recording) / BYTES_PER_SECOND


class Mouth:
    """What waits to be said, and what was: silence where nothing waits."""

    def __init__(self) -> None:
        self.recording = bytearray()
        self.spells: list[Spell] = []
        self._queue: deque[tuple[memoryview, str]] = deque()

    def say(self, audio: bytes, text: str = "") -> None:
        if audio:
            self._queue.append((memoryview(audio), text))

    def hush(self) -> None:
        self._queue.clear()

    @property
    def speaking(self) -> bool:
        return bool(self._queue)

    def next_frame(self, at: float) -> bytes:
        frame = self._take(at)
        self.recording += frame
        return frame

    def _take(self, at: float) -> bytes:
        if not self._queue:
            self._close_spell(at)
            return SILENCE
        audio, text = self._queue.popleft()
        last = self.spells[-1] if self.spells else None
        if last is None or last.end is not None or last.text != text:
            self._close_spell(at)
            self.spells.append(Spell(at, text=text))
        if len(audio) > FRAME_BYTES:
            self._queue.appendleft((audio[FRAME_BYTES:], text))
        frame = bytes(audio[:FRAME_BYTES])
        return frame + SILENCE[len(frame) :]

    def _close_spell(self, at: float) -> None:
        if self.spells and self.spells[-1].end is None:
            self.spells[-1].end = at


class PhoneLine:
    """What a phone holds in its hand during one call. `dialled` says that this phone made the call."""

    def __init__(self, call_sid: str, from_: str, to: str, clock: Clock, dialled: bool) -> None:
        self.call_sid = call_sid
        self.from_ = from_
        self.to = to
        self.clock = clock
        self.dialled = dialled
        self.ear = Ear()
        self.mouth = Mouth()
        self.loudspeaker: Loudspeaker | None = None
        """Of a telephone that lies on the table."""
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.final_status = ""
        self.verdicts: list[str] = []
        self.decision: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.hung_up = asyncio.Event()
        self._keys: deque[tuple[float, str]] = deque()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def microphone(self, at: float, heard: bytes) -> bytes:
        """20 ms of what the phone sends while it plays `heard`."""
        spoken = self.mouth.next_frame(at)
        return spoken if self.loudspeaker is None else self.loudspeaker.add(spoken, heard)

    def answer(self) -> None:
        self._decide("answer")

    def busy(self) -> None:
        self._decide("busy")

    def reject(self) -> None:
        """Decline by hand; Twilio reports `busy` as for an engaged line."""
        self._decide("busy")

    def fail(self) -> None:
        """The number cannot be reached."""
        self._decide("failed")

    def _decide(self, decision: str) -> None:
        if not self.decision.done():
            self.decision.set_result(decision)

    def detected(self, verdict: str) -> None:
        """What answering machine detection will say of this phone."""
        self.verdicts.append(verdict)

    def hang_up(self) -> None:
        self.hung_up.set()

    def press(self, keys: str) -> None:
        """Press keys one after another: 0-9 A-D * #, w waits 0.5 s, W 1 s."""
        for key in keys:
            pause = {"w": 0.5, "W": 1.0}.get(key, KEY_SECONDS)
            self._keys.append((pause, "" if key in "wW" else key))

    @property
    def pressing(self) -> bool:
        return bool(self._keys)

    def next_key(self) -> str:
        """The key whose time has come in this tick, or nothing."""
        if not self._keys:
            return ""
        pause, key = self._keys.popleft()
        if pause > FRAME_SECONDS:
            self._keys.appendleft((pause - FRAME_SECONDS, key))
            return ""
        return key

    async def until(self, condition: Callable[[], bool], timeout_seconds: float | None = None) -> bool:
        """Wait for a condition, looked at in every tick; False where time or the call ended before."""
        if condition():
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (condition, future)
        self._waiting.append(entry)
        timer = None
        if timeout_seconds is not None:
            timer = self.clock.call_at(self.clock.monotonic() + timeout_seconds, lambda: _settle(future))
        try:
            await future
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)
            if timer is not None:
                timer.cancel()
        return condition()

    def look(self) -> None:
        """A tick has passed: wake whoever waited for what is true now."""
        for condition, future in list(self._waiting):
            if self.ended.is_set() or condition():
                _settle(future)

    def end(self, status: str) -> None:
        self.final_status = status
        self._keys.clear()
        self.mouth.hush()
        self.ear.close()
        self.ended.set()
        self.look()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Phone(Protocol):
    async def attend(self, line: PhoneLine) -> None:
        """Live through one call; returning leaves the line open and silent until the other side ends it."""
        ...
