"""One conversation of the cascade: hears turns, reads them, thinks and speaks, each stage while the next one works."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from ...audio.frame import Audio
from ...core import events as ev
from ...errors import BackendError, BiamiError
from ...interface import Role
from ...speech.sentences import split_sentences
from ...streams import EventStream
from ..offline.ear import Began, Ear, Heard, Paused, Resumed
from ..port import SessionSetup
from .calls import ToolCall
from .chat import ChatModel, Finished, Words
from .history import AgentTurn, History
from .speaking import MAX_SENTENCES, Mouth, SentenceQueue
from .text import Sentences
from .understanding import Reader, Turn

ORDER = re.compile(r'Say exactly: "(.*)"', re.DOTALL)
MAX_WAITING = 8

_log = logging.getLogger(__name__)


class PipelineSession:
    """`remote`: the model is behind a network. `release` gives back what the backend lent."""

    def __init__(
        self,
        setup: SessionSetup,
        ear: Ear,
        reader: Reader,
        model: ChatModel,
        make_mouth: Callable[[Callable[[ev.CallEvent], None]], Mouth],
        ask_again: str,
        remote: bool,
        release: Callable[[], Awaitable[None]],
    ) -> None:
        self.history = History(setup.instructions)
        self._setup = setup
        self._ear = ear
        self._reader = reader
        self._model = model
        self._events: EventStream[ev.CallEvent] = EventStream()
        self._mouth = make_mouth(self._events.put)
        self._ask_again = ask_again
        self._release: Callable[[], Awaitable[None]] | None = release
        self._answers_turns = not setup.guarded
        self._turns: asyncio.Queue[Turn] = asyncio.Queue(MAX_WAITING)
        self._missed = False
        self._wanted: deque[str | None] = deque(maxlen=MAX_WAITING)
        self._response: asyncio.Task[None] | None = None
        self._ids = 0
        self._turn_id = ""
        self._over = False
        self._events.put(ev.BackendOpened(setup.generation, self._answers_turns, knows_words=True, remote=remote))
        self._reading = self._spawn(self._read(), "words")

    # --- what the call does to it ---

    def events(self) -> AsyncIterator[ev.CallEvent]:
        return self._events

    def send_audio(self, audio: Audio) -> None:
        if self._over:
            return
        for heard in self._ear.hear(audio):
            self._heard(heard)

    def commit(self) -> None:
        if self._over or not self._ear.speaking:
            return
        for heard in self._ear.commit():
            self._heard(heard)
        self.request_response()

    def inject(self, text: str, role: Role) -> None:
        self.history.add(role, text)

    def request_response(self, instructions: str | None = None) -> None:
        """At once, or after the one that runs."""
        if self._over:
            return
        if instructions is not None or None not in self._wanted:
            self._wanted.append(instructions)
        self._go_on()

    def cancel(self) -> None:
        self._wanted.clear()
        if self._response is not None:
            self._response.cancel()

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        self.history.truncate(item_id, audio_end_ms)

    def send_tool_result(self, call_id: str, output: str) -> None:
        self.history.tool_result(call_id, output)

    async def close(self) -> None:
        self._over = True
        self._wanted.clear()
        tasks = [task for task in (self._reading, self._response) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._reader.close()
        self._events.close()
        release, self._release = self._release, None
        if release is not None:
            await release()

    # --- hearing ---

    def _heard(self, heard: Heard) -> None:
        if isinstance(heard, Began):
            self._turn_id = self._next_id("u")
            self._put(ev.SpeechStarted(self._setup.generation, self._turn_id, heard.ago_ms))
        elif isinstance(heard, Paused):
            self._reader.pause(heard.audio)
        elif isinstance(heard, Resumed):
            self._reader.resume()
        else:
            self._put(ev.SpeechStopped(self._setup.generation, heard.ago_ms))
            self._turn_over()

    def _turn_over(self) -> None:
        turn = self._reader.take(self._turn_id)
        if turn is not None and not self._turns.full():
            self._turns.put_nowait(turn)
        elif turn is not None:
            _log.warning("%s: speech-to-text does not keep up: a turn is dropped", self._setup.call_id)

    async def _read(self) -> None:
        """Turns become words, in their order."""
        while True:
            turn = await self._turns.get()
            try:
                await self._read_one(turn)
            except BiamiError as error:
                self._lose(error)
                return
            finally:
                self._turns.task_done()

    async def _read_one(self, turn: Turn) -> None:
        understood = await self._reader.words(turn)
        self._put(ev.Usage(self._setup.generation, "transcription", {"seconds": turn.audio.duration_ms / 1000}))
        if understood.text:
            self.history.add(Role.CALLER, understood.text)
        self._missed = understood.missed
        self._put(ev.Transcript(self._setup.generation, turn.item_id, Role.CALLER, understood.text))
        if self._answers_turns and (understood.text or understood.missed) and not self._ear.speaking:
            self.request_response()

    # --- answering ---

    def _go_on(self) -> None:
        if self._response is None and self._wanted and not self._over:
            self._response = self._spawn(self._respond(self._wanted.popleft()), "response")

    async def _respond(self, instructions: str | None) -> None:
        """One response; it is told how it ended, whatever happens."""
        response_id = self._next_id("r")
        self._put(ev.ResponseStarted(self._setup.generation, response_id))
        status, lost = "cancelled", None
        try:
            await self._turns.join()  # what was said last belongs to what is answered
            status = await self._reply(instructions)
        except BiamiError as error:
            status, lost = "failed", error
        finally:
            self._put(ev.ResponseDone(self._setup.generation, response_id, status))
        if lost is not None:
            self._lose(lost)

    async def _reply(self, instructions: str | None) -> str:
        """The status of the response."""
        order = ORDER.search(instructions or "")
        missed, self._missed = self._missed, False
        if order is not None:
            return await self._say(order.group(1))
        if instructions is None and missed:
            return await self._say(self._ask_again)
        if instructions is None and not self.history.awaits_answer:
            return "completed"  # the turn had no words
        return await self._think(self.history.messages(instructions))

    async def _say(self, text: str) -> str:
        async def written(queue: SentenceQueue, turn: AgentTurn) -> str:
            for sentence in split_sentences(text):
                await queue.put(sentence)
            return "completed"

        return await self._speak(written)

    async def _think(self, messages: list[dict[str, Any]]) -> str:
        async def thought(queue: SentenceQueue, turn: AgentTurn) -> str:
            sentences = Sentences()
            status = "failed"
            async with aclosing(self._model.complete(messages, self._setup.tools)) as pieces:
                async for piece in pieces:
                    whole = sentences.feed(piece.text) if isinstance(piece, Words) else sentences.flush()
                    for sentence in whole:
                        await queue.put(sentence)
                    if isinstance(piece, Finished):
                        status = self._finish(piece, turn)
            return status

        return await self._speak(thought)

    async def _speak(self, produce: Callable[[SentenceQueue, AgentTurn], Coroutine[Any, Any, str]]) -> str:
        """Sentences are heard while the next ones are still being made; tools are asked for after the last one."""
        item_id, queue = self._next_id("a"), SentenceQueue(MAX_SENTENCES)
        turn = self.history.agent_turn(item_id)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._mouth.say_all(item_id, turn, queue))
                status = await produce(queue, turn)
                await queue.put(None)
        except BaseExceptionGroup as failures:
            raise _of_others(failures) from None
        finally:
            self.history.settle(turn)
        for call in turn.calls:
            self._put(ev.ToolRequested(self._setup.generation, call.id, call.name, call.arguments))
        return status

    def _finish(self, finished: Finished, turn: AgentTurn) -> str:
        """Ids of the calls are our own: some servers give none, or the same one twice."""
        self._tell_usage(finished.usage)
        turn.calls = [ToolCall(self._next_id("t"), call.name, call.arguments) for call in finished.calls]
        return "completed" if finished.whole else "incomplete"

    def _tell_usage(self, usage: Mapping[str, Any]) -> None:
        amounts = {name: float(value) for name, value in _numbers(usage)}
        if amounts:
            self._put(ev.Usage(self._setup.generation, "response", amounts))

    # --- housekeeping ---

    def _put(self, event: ev.CallEvent) -> None:
        if not self._over:
            self._events.put(event)

    def _next_id(self, kind: str) -> str:
        self._ids += 1
        return f"{self._setup.item_prefix}{kind}{self._ids}"

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"{self._setup.call_id} {name}")
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s: %s broke down", self._setup.call_id, task.get_name(), exc_info=error)
            self._lose(BackendError("the pipeline broke down"))
        if task is self._response:
            self._response = None
            self._go_on()

    def _lose(self, error: BiamiError) -> None:
        if self._over:
            return
        self._put(ev.BackendLost(self._setup.generation, str(error), getattr(error, "retriable", False)))
        self._over = True
        self.cancel()
        self._events.close()


def _of_others(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What others did wrong is told by itself; our own faults stay as they are."""
    theirs = failures.subgroup(BiamiError)
    if theirs is None or len(theirs.exceptions) < len(failures.exceptions):
        return failures
    return theirs.exceptions[0]


def _numbers(usage: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, float]]:
    """Every number of a usage object by its dotted path: `prompt_tokens_details.cached_tokens`."""
    for name, value in usage.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)
