"""One conversation by the book. A coroutine follows the dialogue; what happens meanwhile waits in an inbox.

Speech that began and ended while the agent could be heard, and interrupted nothing, is no answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

from ...audio.frame import Audio
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
from ...interface import Clock, Role
from ...streams import EventStream
from ..hearing import Began, Ended, Hearing
from ..port import SessionSetup
from .dialogue import (
    RESULT,
    Action,
    Actions,
    Dialogue,
    Goto,
    Pressed,
    Say,
    Spoke,
    StayedSilent,
    Step,
    Turn,
    UseTool,
    filled,
    results,
)
from .response import Mouth
from .said import Said
from .voicing import Voicing

_log = logging.getLogger(__name__)

MAX_WAITING_TURNS = 64
ORDER = re.compile(r'Say exactly: "(.*)"', re.DOTALL)
KEY = re.compile(r"\[DTMF: (.)\]")


class _Order(str):
    """Words the house wants said."""


class ScriptedSession:
    """`said` is what the caller heard of the agent."""

    def __init__(self, dialogue: Dialogue, setup: SessionSetup, clock: Clock, voicing: Voicing) -> None:
        self.said = Said()
        self._dialogue = dialogue
        self._setup = setup
        self._values = {**dialogue.variables, **setup.variables}
        self._clock = clock
        self._events: EventStream[CallEvent] = EventStream()
        self._mouth = Mouth(setup, voicing, self.said, clock, self._events.put)
        self._hearing = Hearing(setup.input_format)
        self._inbox: asyncio.Queue[Turn | _Order] = asyncio.Queue(MAX_WAITING_TURNS)
        self._opening: asyncio.Future[Actions] = asyncio.get_running_loop().create_future()
        self._tool: asyncio.Future[None] | None = None
        self._tool_id = ""
        self._response: asyncio.Task[None] | None = None
        self._interrupted = False
        self._turns = 0
        self._waits = 0
        self._events.put(BackendOpened(setup.generation))
        self._task = asyncio.create_task(self._follow(), name=f"{setup.call_id} dialogue")
        self._task.add_done_callback(self._over)

    # --- what the call does to it ---

    def events(self) -> AsyncIterator[CallEvent]:
        return self._events

    def send_audio(self, audio: Audio) -> None:
        heard = self._hearing.hear(audio)
        if isinstance(heard, Began):
            self._interrupted = False
            self._events.put(SpeechStarted(self._setup.generation))
        elif isinstance(heard, Ended):
            self._spoke(heard)

    def commit(self) -> None:
        ended = self._hearing.commit()
        if ended is not None:
            self._spoke(ended, meant=True)

    def inject(self, text: str, role: Role) -> None:
        """Keys count; of other facts a written dialogue can make nothing."""
        key = KEY.fullmatch(text)
        if key is None:
            return
        if not self._opening.done():
            self._opening.set_result(())
        self._put(Pressed(key.group(1)))

    def request_response(self, instructions: str | None = None) -> None:
        """The first one opens the conversation; later ones say something to order, or go on after a tool."""
        order = ORDER.search(instructions or "")
        if not self._opening.done():
            self._opening.set_result((Say(order.group(1)),) if order else self._dialogue.greeting)
        elif order:
            self._put(_Order(order.group(1)))
        elif self._tool is not None and not self._tool.done():
            self._tool.set_result(None)

    def cancel(self) -> None:
        self._interrupted = True
        self._mouth.hush()
        if self._response is not None:
            self._response.cancel()

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        if self.said.truncate(item_id, audio_end_ms):
            self._interrupted = True
            self._mouth.hush()

    def send_tool_result(self, call_id: str, output: str) -> None:
        """The dialogue goes on when a response is asked for; after a granted hang-up that never happens."""
        former = {name: value for name, value in self._values.items() if not name.startswith(RESULT)}
        self._values = former | results(output)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._events.close()

    # --- what the caller does ---

    def _spoke(self, ended: Ended, meant: bool = False) -> None:
        self._turns += 1
        generation, item_id = self._setup.generation, f"{self._setup.item_prefix}u{self._turns}"
        text = f"(speech, {ended.duration_ms / 1000:.1f} s)"
        self._events.put(SpeechStopped(generation))
        self._events.put(Transcript(generation, item_id, Role.CALLER, text))
        if not self._opening.done():
            self._opening.set_result(self._dialogue.greeting)  # who speaks first is greeted
        elif meant or self._interrupted or not self._mouth.audible:
            self._put(Spoke(ended.duration_ms))

    def _put(self, turn: Turn | _Order) -> None:
        if self._inbox.full():
            _log.info("%s: the dialogue has no room for another turn", self._setup.call_id)
            return
        self._inbox.put_nowait(turn)

    # --- the dialogue ---

    async def _follow(self) -> None:
        await self._perform(await self._opening)
        position = 0
        while True:
            goto = await self._take(self._dialogue.steps[position])
            position = min(position + 1, len(self._dialogue.steps) - 1) if goto is None else goto

    async def _take(self, step: Step) -> int | None:
        """Where to go after this step; None: to the next, or once more to the last."""
        goto = await self._perform(step.do)
        answers = 0
        while goto is None:
            turn = await self._listen(step)
            reaction = step.reaction_to(turn)
            if reaction is None:
                continue
            goto = await self._perform(reaction)
            answers += not isinstance(turn, StayedSilent)
            if goto is None and answers > step.repeat:
                return None
        return goto

    async def _listen(self, step: Step) -> Turn:
        """The caller's next turn; meanwhile the house may want something said."""
        while True:
            self._waits += 1
            turn = await self._next_turn(step.listen_seconds)
            if isinstance(turn, _Order):
                await self._perform((Say(str(turn)),))
            elif not isinstance(turn, StayedSilent) or turn.wait == self._waits:
                return turn

    async def _next_turn(self, listen_seconds: float) -> Turn | _Order:
        if not listen_seconds:
            return await self._inbox.get()
        wait = self._waits
        timer = self._clock.call_at(self._mouth.heard_until + listen_seconds, lambda: self._too_quiet(wait))
        try:
            return await self._inbox.get()
        finally:
            timer.cancel()

    def _too_quiet(self, wait: int) -> None:
        if not self._hearing.speaking:  # who speaks will have said something soon
            self._put(StayedSilent(wait))

    async def _perform(self, actions: Actions) -> int | None:
        """Say and do; where it leads. What an interruption cuts off is not done any more, but it leads there."""
        goto = next((action.step for action in actions if isinstance(action, Goto)), None)
        left: list[Action] = [action for action in actions if not isinstance(action, Goto)]
        while left:
            tool = next((n for n, action in enumerate(left) if isinstance(action, UseTool)), None)
            now, left = (left, []) if tool is None else (left[: tool + 1], left[tool + 1 :])
            if not await self._respond(now):
                break
        return None if goto is None else self._dialogue.position(goto)

    async def _respond(self, actions: list[Action]) -> bool:
        """One response; a tool call ends it, and the next begins when the call asks for it. False: interrupted."""
        self._response = asyncio.create_task(self._say_all(actions))
        try:
            await asyncio.wait([self._response])
        finally:
            response, self._response = self._response, None
            response.cancel()
            await asyncio.wait([response])
        if response.cancelled():
            return False
        response.result()
        if self._tool is not None:
            await self._tool
            self._tool = None
        return True

    async def _say_all(self, actions: list[Action]) -> None:
        async with self._mouth.response():
            for action in actions:
                if isinstance(action, Say):
                    await self._mouth.say(filled(action.text, self._values))
                elif isinstance(action, UseTool):
                    self._ask(action)
                elif not isinstance(action, Goto):
                    self._mouth.play(action)

    def _ask(self, tool: UseTool) -> None:
        self._tool = asyncio.get_running_loop().create_future()
        self._turns += 1
        call_id = f"{self._setup.item_prefix}t{self._turns}"
        self._events.put(ToolRequested(self._setup.generation, call_id, tool.name, json.dumps(tool.arguments)))

    def _over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        known = isinstance(error, BiamiError)
        _log.error("%s: the dialogue broke off: %s", self._setup.call_id, error, exc_info=None if known else error)
        self._events.put(BackendLost(self._setup.generation, str(error) if known else "the dialogue broke off"))
        self._events.close()
