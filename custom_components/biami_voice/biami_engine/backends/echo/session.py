"""One session of the echo: it keeps what the caller says and gives it back."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from ...audio.convert import Converter
from ...audio.frame import Audio
from ...audio.tones import beep
from ...core.events import (
    AgentAudio,
    AgentAudioDone,
    BackendOpened,
    CallEvent,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from ...interface import Clock, Role, TimerHandle
from ...streams import EventStream
from ..hearing import Began, Ended, Hearing
from ..port import SessionSetup
from ..sound import chunks

MAX_ECHO_MS = 30_000.0
"""Of a longer speech the beginning is said back."""
LEAD_IN_MS = 300.0
"""Sound from before the detector was sure: a first consonant is soft."""
TAIL_MS = 100.0


class EchoSession:
    """Keeps the caller's sound while it is speech, and gives it back when it ended."""

    def __init__(self, setup: SessionSetup, clock: Clock, delay_seconds: float) -> None:
        self._setup = setup
        self._clock = clock
        self._delay_seconds = delay_seconds
        self._events: EventStream[CallEvent] = EventStream()
        self._hearing = Hearing(setup.input_format)
        self._to_wire = Converter(setup.input_format, setup.output_format)
        self._kept: deque[Audio] = deque()
        self._kept_ms = 0.0
        self._items = 0
        self._waiting: tuple[TimerHandle, str] | None = None
        self._events.put(BackendOpened(setup.generation))

    def events(self) -> AsyncIterator[CallEvent]:
        return self._events

    def send_audio(self, audio: Audio) -> None:
        self._keep(audio)
        heard = self._hearing.hear(audio)
        if isinstance(heard, Began):
            self._drop_before(heard.ago_ms + LEAD_IN_MS)
            self._events.put(SpeechStarted(self._setup.generation))
        elif isinstance(heard, Ended):
            self._answer(heard)

    def commit(self) -> None:
        ended = self._hearing.commit()
        if ended is not None:
            self._answer(ended)

    def inject(self, text: str, role: Role) -> None:
        """It hears sound and nothing else."""

    def request_response(self, instructions: str | None = None) -> None:
        """It has no words: a short tone says that it listens."""
        self._respond(beep(self._setup.output_format, ms=300, hz=880), "(a tone)")

    def cancel(self) -> None:
        if self._waiting is not None:
            timer, response_id = self._waiting
            timer.cancel()
            self._waiting = None
            self._events.put(ResponseDone(self._setup.generation, response_id, "cancelled"))

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """It remembers nothing that could be cut."""

    def send_tool_result(self, call_id: str, output: str) -> None:
        """It asks for no tool."""

    async def close(self) -> None:
        self.cancel()
        self._events.close()

    def _keep(self, audio: Audio) -> None:
        if self._hearing.speaking and self._kept_ms >= MAX_ECHO_MS:
            return
        self._kept.append(audio)
        self._kept_ms += audio.duration_ms
        if not self._hearing.speaking:
            self._drop_before(1000.0)

    def _drop_before(self, ago_ms: float) -> None:
        """Keep about the last `ago_ms`."""
        while self._kept and self._kept_ms - self._kept[0].duration_ms >= ago_ms:
            self._kept_ms -= self._kept.popleft().duration_ms

    def _answer(self, ended: Ended) -> None:
        generation = self._setup.generation
        seconds = f"{ended.duration_ms / 1000:.1f} s"
        self._events.put(SpeechStopped(generation))
        self._events.put(Transcript(generation, self._next_id("u"), Role.CALLER, f"(speech, {seconds})"))
        speech = self._spoken(ended.ago_ms)
        self.cancel()
        if self._delay_seconds <= 0:
            self._respond(speech, f"(echo of {seconds})")
            return
        response_id = self._next_id("r")
        self._events.put(ResponseStarted(generation, response_id))
        due = self._clock.monotonic() + self._delay_seconds
        timer = self._clock.call_at(due, lambda: self._respond(speech, f"(echo of {seconds})", response_id))
        self._waiting = (timer, response_id)

    def _spoken(self, quiet_ms: float) -> Audio:
        """What was kept, without most of the silence at its end."""
        sound = Audio(self._setup.input_format, b"".join(audio.payload for audio in self._kept))
        self._kept.clear()
        whole_ms, self._kept_ms = self._kept_ms, 0.0
        if whole_ms < MAX_ECHO_MS:
            sound = sound.slice(0, whole_ms - max(0.0, quiet_ms - TAIL_MS))
        return self._to_wire.convert(sound)

    def _respond(self, sound: Audio, text: str, response_id: str = "") -> None:
        self._waiting = None
        generation, item_id = self._setup.generation, self._next_id("a")
        if not response_id:
            response_id = self._next_id("r")
            self._events.put(ResponseStarted(generation, response_id))
        for chunk in chunks(sound):
            self._events.put(AgentAudio(generation, item_id, chunk))
        self._events.put(Transcript(generation, item_id, Role.AGENT, text))
        self._events.put(AgentAudioDone(generation, item_id))
        self._events.put(ResponseDone(generation, response_id))

    def _next_id(self, kind: str) -> str:
        self._items += 1
        return f"{self._setup.item_prefix}{kind}{self._items}"
