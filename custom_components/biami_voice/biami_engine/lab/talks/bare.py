"""A conversation with a backend's session alone: its tools are real, its line is a function call, its clock is fed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from ...audio.frame import Audio, AudioFormat
from ...audio.framing import Framer
from ...backends import create_backend
from ...backends.port import BackendServices, BackendSession, SessionSetup, ToolSpec
from ...calllog import Store
from ...calls.lending import Lending
from ...calls.variables import call_variables, transfer_names
from ...config import BackendConfig, EngineConfig
from ...core import events as ev
from ...interface import CallRecord, CallStatus, Direction, Role
from ...speech import Voices
from ...speech.port import Listener, Recognition, SpeechFactory
from ...tools.ports import HostPorts
from ...tools.runner import ToolBox
from .fed_clock import FedClock
from .judge import Reply, arguments_of
from .script import Talk

START = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
"""A Tuesday morning."""
SILENCE_MS = 2000.0
"""After a sentence; a turn that is not over by then never will be."""
ANSWER_SECONDS = 20.0
QUIET_SECONDS = 0.1
"""Of the real clock: no response begins after so long."""


class WatchedListener:
    """Tells when nothing is being read, so that a fed clock waits for the recogniser."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._waiting = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def transcribe(self, audio: Audio, recogniser: str = "") -> Recognition:
        self._waiting += 1
        self.idle.clear()
        try:
            return await self._listener.transcribe(audio, recogniser)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.idle.set()


class WatchedSpeech:
    """`SpeechFactory` whose listener is watched."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self.listener = WatchedListener(voices.listener)
        self.speaker = voices.speaker
        self.text_to_speech = voices.text_to_speech
        self.speech_to_text = voices.speech_to_text
        self.voice_activity = voices.voice_activity


@dataclass(slots=True)
class BareCall:
    """`format` is that of the wire both ways."""

    session: BackendSession
    format: AudioFormat
    tools: ToolBox
    clock: FedClock
    listener: WatchedListener
    _events: asyncio.Queue[ev.CallEvent]
    over: bool = False

    async def open(self) -> Reply:
        """The agent's first words."""
        self.session.request_response()
        return await self._answer(Reply())

    async def greet(self, words: str) -> Reply:
        self.session.request_response(f'Say exactly: "{words}"')
        return await self._answer(Reply())

    async def hear(self, speech: Audio) -> Reply:
        """A sentence of the caller, and the silence after it."""
        reply = Reply()
        framer = Framer(self.format)
        silence = Audio.silence(self.format, SILENCE_MS)
        for frame in [*framer.push(speech), *framer.push(silence)]:
            self.session.send_audio(frame)
            self.clock.advance(frame.duration_ms / 1000)
            await asyncio.sleep(0)
            await self.listener.idle.wait()
            await asyncio.sleep(0)
        return await self._answer(reply)

    async def press(self, keys: str) -> Reply:
        for key in keys:
            self.session.inject(f"[DTMF: {key}]", Role.CALLER)
        return await self._answer(Reply())

    async def _answer(self, reply: Reply) -> Reply:
        """Everything up to the end of the last response, with the tools in between."""
        open_responses = 0
        while True:
            seconds = ANSWER_SECONDS if open_responses else QUIET_SECONDS
            try:
                event = await asyncio.wait_for(self._events.get(), seconds)
            except TimeoutError:
                return reply
            if isinstance(event, ev.ResponseStarted):
                open_responses += 1
            elif isinstance(event, ev.ResponseDone):
                open_responses -= 1
            elif isinstance(event, ev.ToolRequested):
                open_responses += await self._use(event, reply)
            elif isinstance(event, ev.AgentAudio):
                self.clock.advance(event.audio.duration_ms / 1000)
            elif isinstance(event, ev.Transcript) and event.final:
                if event.role is Role.AGENT:
                    reply.said.append(event.text)
                else:
                    reply.heard = f"{reply.heard} {event.text}".strip()
                open_responses = max(open_responses, 0)

    async def _use(self, event: ev.ToolRequested, reply: Reply) -> int:
        reply.tools.append((event.name, arguments_of(event.arguments)))
        outcome = await self.tools.run(event.name, event.arguments)
        self.session.send_tool_result(event.call_id, outcome.output_json)
        if outcome.effect is None:
            self.session.request_response()
        self.over = self.over or outcome.effect is not None
        return 0


class _NoControl:
    def send_dtmf(self, digits: str) -> None:
        """There is no far end."""

    def announce(self, type: str, data: object) -> None:
        """Nobody listens."""


@asynccontextmanager
async def bare_call(
    config: EngineConfig,
    backend: BackendConfig,
    talk: Talk,
    format: AudioFormat,
    voices: Voices,
    ports: HostPorts,
    store: Store,
    number: str = "",
) -> AsyncIterator[BareCall]:
    """`config` names the context; `store` takes messages."""
    clock = FedClock(START)
    speech: SpeechFactory = WatchedSpeech(voices)
    context = config.contexts[talk.context]
    record = CallRecord(
        "call_1", Direction.INBOUND, "lab", context.name, CallStatus.IN_PROGRESS, number, "", START, goal=talk.goal
    )
    tools = Lending(store, clock, ports).toolbox(config, context, _NoControl(), record)
    setup = SessionSetup(
        call_id=record.id,
        generation=1,
        input_format=format,
        output_format=format,
        language=context.language,
        tools=[ToolSpec(tool.name, tool.description, tool.parameters) for tool in tools.specs],
        context=context.name,
        variables=call_variables(config, context, record, START),
        dialogue=context.dialogue,
        contacts=transfer_names(config, context),
        time_zone=config.time_zone or "UTC",
    )
    session = await create_backend(backend, BackendServices(clock, speech, config.config_dir)).open(setup)
    events: asyncio.Queue[ev.CallEvent] = asyncio.Queue()

    async def read() -> None:
        async for event in session.events():
            events.put_nowait(event)

    reading = asyncio.create_task(read())
    assert isinstance(speech.listener, WatchedListener)
    try:
        yield BareCall(session, format, tools, clock, speech.listener, events)
    finally:
        await session.close()
        await reading
