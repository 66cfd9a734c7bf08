"""One call at the carrier: its resource, its two sides, and the 20 ms tick that moves sound between them.

`source` is what the phone hears (a stream, a verb's clip, another phone), `sink` takes what its microphone gives. Both
are swapped by the TwiML that runs. Ticks keep an absolute schedule: late ones are made up for, never dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ...interface import Clock
from .line import PhoneLine
from .playout import FRAME_SECONDS, SILENCE, Playout
from .stream import MediaStream

TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
MAX_TICKS_WITHOUT_YIELD = 5


class Source(Protocol):
    def read_frame(self, at: float) -> bytes:
        """The 160 bytes the phone hears from lab time `at` on."""
        ...


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """Where status callbacks of a call go, and which."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class DetectionPlan:
    """Answering machine detection as asked for."""

    mode: str = ""
    asynchronous: bool = False
    callback_url: str = ""
    callback_method: str = "POST"
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What `POST Calls` asked for, or what an owned number says of its incoming calls."""

    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    twiml: str = ""
    ring_seconds: float = 60.0
    time_limit_seconds: float = 14400.0
    send_digits: str = ""
    callbacks: CallbackPlan = CallbackPlan()
    detection: DetectionPlan = DetectionPlan()


@dataclass(slots=True)
class LabCall:
    sid: str
    account_sid: str
    direction: str
    from_: str
    to: str
    plan: CallPlan
    line: PhoneLine
    clock: Clock
    created: datetime
    updated: datetime
    number_sid: str = ""
    parent_sid: str | None = None
    status: str = "queued"
    started: datetime | None = None
    ended: datetime | None = None
    answered_at: float | None = None
    duration_seconds: int | None = None
    answered_by: str | None = None
    queue_ms: int = 0
    sequence: int = 0
    """Of the next status callback."""
    history: list[tuple[float, str]] = field(default_factory=list)
    """Statuses and what the network did, at lab seconds."""
    streams: list[MediaStream] = field(default_factory=list)
    source: Source | None = None
    sink: Callable[[bytes, float], None] | None = None
    on_key: Callable[[str], None] | None = None
    program: asyncio.Task[None] | None = None
    over: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Set by whoever ends the call, to the terminal status."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """The call has ended and everything it had open is closed."""

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def stream(self) -> MediaStream | None:
        """The media stream that is open now."""
        return self.streams[-1] if self.streams and not self.streams[-1].closed else None

    def forget_audio(self) -> None:
        """Keep the story, not the sound."""
        self.line.ear.recording.clear()
        self.line.mouth.recording.clear()
        for stream in self.streams:
            stream.playout = Playout()

    def note(self, text: str) -> None:
        self.history.append((self.clock.monotonic(), text))

    def change(self, status: str) -> None:
        self.status = status
        self.updated = self.clock.wall()
        self.note(status)

    def end(self, status: str = "completed") -> None:
        """Ask for the end; the first to ask decides the status."""
        if not self.over.done():
            self.over.set_result(status)

    def event_times(self, status: str) -> Sequence[float]:
        return [at for at, text in self.history if text == status]

    async def tick_until_over(self) -> None:
        """Move sound, 20 ms at a time, until cancelled."""
        begin = self.clock.monotonic()
        ticks = 0
        while True:
            behind = int((self.clock.monotonic() - begin) / FRAME_SECONDS) + 1 - ticks
            for _ in range(min(behind, MAX_TICKS_WITHOUT_YIELD)):
                self._tick(begin + ticks * FRAME_SECONDS)
                ticks += 1
            if behind > MAX_TICKS_WITHOUT_YIELD:
                await asyncio.sleep(0)
            else:
                await self.clock.sleep_until(begin + ticks * FRAME_SECONDS)

    def _tick(self, at: float) -> None:
        line = self.line
        heard = self.source.read_frame(at) if self.source is not None else SILENCE
        line.ear.hear(heard, at)
        spoken = line.microphone(at, heard)
        if self.sink is not None:
            self.sink(spoken, at)
        key = line.next_key()
        if key and self.on_key is not None:
            self.on_key(key)
        line.look()
        if line.hung_up.is_set():
            self.end("completed")

    def webhook_form(self, status: str | None = None, **more: str) -> Mapping[str, str]:
        """The parameters every webhook of a call carries (Twilio: request parameters)."""
        form = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "Direction": self.direction,
            "ApiVersion": "2010-04-01",
            "CallStatus": status or self.status,
        }
        if self.parent_sid is not None:
            form["ParentCallSid"] = self.parent_sid
        return form | more
