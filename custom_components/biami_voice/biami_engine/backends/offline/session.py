"""One offline conversation: the ear, the recogniser, the dialogue and the voice, held together by two tasks.

    caller's sound ─ Ear ─ Paused ─▶ Reader (speech-to-text while it is still silent, and the answer tried in advance)
                        └ Ended ──▶ inbox ─▶ dialogue ─▶ Mouth

Speech that says only "mm-hm" while the agent speaks, and answers nothing, is no turn.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ...audio.frame import Audio
from ...core.backchannels import is_backchannel
from ...core.events import (
    BackendLost,
    BackendOpened,
    CallEvent,
    SpeechStarted,
    SpeechStopped,
    ToolRequested,
    Transcript,
)
from ...errors import BiamiError
from ...interface import Role, TimerHandle
from ...speech.port import CONFIDENT
from ...streams import EventStream
from ..port import BackendServices, SessionSetup
from .dialogue import Dialogue, Knowledge, State, Turn
from .ear import Began, Ear, Ended, Heard, Paused, Resumed
from .mouth import Mouth
from .reader import Reader, Reading

_log = logging.getLogger(__name__)

MAX_WAITING = 64
KEYS_SECONDS = 3.0
"""After the last key a number counts as complete."""
ANSWERED_SECONDS = 2.0
"""Before the end of a question people answer it; earlier a "yes" only says that they listen."""
_ORDER = re.compile(r'Say exactly: "(.*)"', re.DOTALL)
_KEY = re.compile(r"\[DTMF: (.)\]")
_LOST_CONTACT = re.compile(r"\[(.+?) could not be reached")
_E164 = re.compile(r"\+\d{7,15}")
UNKNOWN = "not known"

Step = Callable[[State], tuple[State, Turn]]


@dataclass(frozen=True, slots=True)
class Settings:
    """`options` of the backend."""

    voice: str = ""
    recogniser: str = ""
    hang_over_ms: int = 320
    """Silence after a sentence that is complete."""
    patience_ms: int = 600
    """Silence after one that may go on."""
    confidence: float = CONFIDENT
    """Mean log-probability of a token from which words are believed; names and free words from twice of it."""


@dataclass(frozen=True, slots=True)
class _Spoke:
    reading: Reading


@dataclass(frozen=True, slots=True)
class _Do:
    step: Step
    after_tool: bool = False
    """The tool that was asked for is over, with or without an answer."""


class OfflineSession:
    def __init__(self, setup: SessionSetup, services: BackendServices, settings: Settings) -> None:
        self._setup = setup
        self._clock = services.clock
        self._settings = settings
        self._zone = ZoneInfo(setup.time_zone) if setup.time_zone else None
        self.dialogue = Dialogue(knowledge_of(setup))
        self.state = State(form=self.dialogue.first_form())
        self._events: EventStream[CallEvent] = EventStream()
        self._mouth = Mouth(setup, services.speech.speaker, settings.voice, services.clock, self._events.put)
        self._reader = Reader(services.speech.listener, settings.recogniser, self._prepare)
        self._ear = Ear(setup.input_format, self._patience)
        self._inbox: asyncio.Queue[_Spoke | _Do] = asyncio.Queue(MAX_WAITING)
        self._deferred: deque[_Spoke | _Do] = deque(maxlen=MAX_WAITING)
        self._response: asyncio.Task[None] | None = None
        self._turns = 0
        self._opened = False
        self._tool_id = ""
        self._tool_output: str | None = None
        self._told: tuple[Role, str] | None = None
        self._keys_timer: TimerHandle | None = None
        self._cut_since_speech = False
        self._events.put(BackendOpened(setup.generation, knows_words=True))
        self._task = asyncio.create_task(self._converse(), name=f"{setup.call_id} dialogue")
        self._task.add_done_callback(self._over)

    # --- what the call does to it ---

    def events(self) -> AsyncIterator[CallEvent]:
        return self._events

    def send_audio(self, audio: Audio) -> None:
        self._hear(self._ear.hear(audio))

    def commit(self) -> None:
        self._hear(self._ear.commit())

    def inject(self, text: str, role: Role) -> None:
        """Keys count at once; other words count when an answer to them is asked for."""
        key = _KEY.fullmatch(text)
        if key is not None:
            self._pressed(key.group(1))
        else:
            self._told = (role, text)

    def request_response(self, instructions: str | None = None) -> None:
        order = _ORDER.search(instructions or "")
        if order:
            words = order.group(1)
            self._put(_Do(lambda state: _spoken_to_order(state, words, first=not self._opened)))
        elif instructions:
            self._put(_Do(self.dialogue.introduced))
        else:
            self._asked()
        self._opened = True

    def cancel(self) -> None:
        self._cut_since_speech = True
        self._mouth.hush()
        if self._response is not None:
            self._response.cancel()

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        self._cut_since_speech = True
        self._mouth.hush()
        if self._mouth.unheard(item_id, audio_end_ms):
            self.state = self.dialogue.unheard(self.state)

    def send_tool_result(self, call_id: str, output: str) -> None:
        """The dialogue goes on when a response is asked for; after a granted goodbye that never happens."""
        if call_id == self._tool_id:
            self._tool_output = output

    async def close(self) -> None:
        if self._keys_timer is not None:
            self._keys_timer.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, self._reader.close(), return_exceptions=True)
        self._events.close()

    # --- hearing ---

    def _hear(self, heard: list[Heard]) -> None:
        generation = self._setup.generation
        for what in heard:
            if isinstance(what, Began):
                self._turns += 1
                self._cut_since_speech = False
                self._events.put(SpeechStarted(generation, self._turn_id, what.ago_ms))
            elif isinstance(what, Paused):
                self._reader.read(what.audio, what.voiced_ms)
            elif isinstance(what, Resumed):
                self._reader.forget()
            elif isinstance(what, Ended):
                self._events.put(SpeechStopped(generation, what.ago_ms))
                reading = self._reader.take(self._turn_id)
                if reading is not None:
                    self._put(_Spoke(reading))

    @property
    def _turn_id(self) -> str:
        return f"{self._setup.item_prefix}u{self._turns}"

    def _patience(self) -> float:
        """Short where the words so far may be all, long where they are not, or not known yet."""
        text = self._reader.text
        complete = text is not None and self.dialogue.complete(self.state, text, self._now())
        return self._settings.hang_over_ms if complete else self._settings.patience_ms

    async def _prepare(self, text: str) -> None:
        """The answer to words that may be the whole turn: tried, and its first sentence made."""
        _, turn = self.dialogue.heard(self.state, text, 0.0, self._now())
        await self._mouth.prepare(turn.say)

    def _pressed(self, key: str) -> None:
        if self._keys_timer is not None:
            self._keys_timer.cancel()
        self._put(_Do(lambda state: self.dialogue.pressed(state, key, self._now())))
        due = self._clock.monotonic() + KEYS_SECONDS
        self._keys_timer = self._clock.call_at(due, self._keys_over)

    def _keys_over(self) -> None:
        self._put(_Do(lambda state: self.dialogue.keys_over(state, self._now())))

    def _asked(self) -> None:
        """A response is due: to a tool's answer, to what was told, or to the beginning of the call."""
        if self._tool_output is not None:
            output, self._tool_output = self._tool_output, None
            step: Step = lambda state: self.dialogue.tool_answered(state, output, self._now())  # noqa: E731 - one of five
            self._put(_Do(step, after_tool=True))
        elif self._told is not None:
            (role, text), self._told = self._told, None
            self._put(_Do(self._answer_to(role, text), after_tool=True))
        elif not self._opened:
            self._put(_Do(lambda state: self.dialogue.opening(state, self._now())))

    def _answer_to(self, role: Role, text: str) -> Step:
        lost = _LOST_CONTACT.match(text)
        if lost is not None and role is Role.SYSTEM:
            return lambda state: self.dialogue.fact(state, lost.group(1), self._now())
        if role is Role.CALLER:
            return lambda state: self.dialogue.heard(state, text, 0.0, self._now())
        return lambda state: self.dialogue.opening(state, self._now())

    def _put(self, job: _Spoke | _Do) -> None:
        if self._inbox.full():
            _log.info("%s: the dialogue has no room for another turn", self._setup.call_id)
            return
        self._inbox.put_nowait(job)

    # --- talking ---

    async def _converse(self) -> None:
        while True:
            job = await self._inbox.get()
            if self._tool_id and isinstance(job, _Spoke):
                self._deferred.append(job)  # while a tool works the caller is only heard
                continue
            if isinstance(job, _Do) and job.after_tool:
                self._tool_id = ""
            await self._do(job)
            while self._deferred and not self._tool_id:
                await self._do(self._deferred.popleft())

    async def _do(self, job: _Spoke | _Do) -> None:
        if isinstance(job, _Do):
            self.state, turn = job.step(self.state)
            await self._respond(turn)
            return
        recognition = await job.reading.recognition()
        doubt = recognition.confidence / self._settings.confidence
        text = recognition.text if doubt <= 1 or job.reading.likely_speech(recognition) else ""
        nothing = self._is_nothing(text)
        if not nothing:
            await self._stop_speaking()
        self._events.put(Transcript(self._setup.generation, job.reading.item_id, Role.CALLER, text))
        if nothing:
            return
        self.state, turn = self.dialogue.heard(self.state, text, doubt, self._now())
        await self._respond(turn)

    def _is_nothing(self, text: str) -> bool:
        """Noise; or somebody who only listens aloud while the agent speaks on, far from the end of its question."""
        if not text:
            return True
        left = 0.0 if self._cut_since_speech else self._mouth.left_seconds
        asked = self.state.form is not None and self.state.form.kind != "anything"
        return left > (ANSWERED_SECONDS if asked else 0.0) and is_backchannel(text, self._setup.language)

    async def _stop_speaking(self) -> None:
        """What is still being made is not wanted any more: the caller has the word."""
        if self._response is not None:
            self._response.cancel()
            await asyncio.wait([self._response])

    async def _respond(self, turn: Turn) -> None:
        if not turn.say and turn.tool is None:
            return
        self._response = asyncio.create_task(self._perform(turn))
        await asyncio.wait([self._response])
        response, self._response = self._response, None
        if not response.cancelled():
            response.result()

    async def _perform(self, turn: Turn) -> None:
        async with self._mouth.response():
            await self._mouth.say(turn.say)
            if turn.tool is not None:
                self._tool_id = self._mouth.next_id("t")
                arguments = json.dumps(turn.tool.arguments)
                self._events.put(ToolRequested(self._setup.generation, self._tool_id, turn.tool.name, arguments))

    def _now(self) -> datetime:
        return self._clock.wall().astimezone(self._zone).replace(tzinfo=None)

    def _over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        known = isinstance(error, BiamiError)
        _log.error("%s: the dialogue broke off: %s", self._setup.call_id, error, exc_info=None if known else error)
        self._events.put(BackendLost(self._setup.generation, str(error) if known else "the dialogue broke off"))
        self._events.close()


def knowledge_of(setup: SessionSetup) -> Knowledge:
    """What the setup of a session says, as the dialogue knows it."""
    values = setup.variables
    caller, name = values.get("caller", ""), values.get("caller_name", "")
    return Knowledge(
        tools=frozenset(tool.name for tool in setup.tools),
        contacts=tuple(setup.contacts),
        caller_name="" if name == UNKNOWN else name,
        caller_number=caller if _E164.fullmatch(caller) else "",
        goal=values.get("goal", ""),
        caller_first=setup.caller_first,
        context=setup.dialogue,
        variables=values,
    )


def _spoken_to_order(state: State, words: str, first: bool) -> tuple[State, Turn]:
    """The house's words; the opening is what a caller may want to hear again."""
    turn = Turn(words, state.form)
    return (replace(state, said=words) if first else state), turn
