"""`CallRunner`: the only place where one call touches the loop.

It reads its legs and its backend, hands every event to the `CallSession` and carries out what that orders, in order.
Nothing on the way of a frame waits: reading, deciding and sending are plain calls in one turn of the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..audio.frame import Audio
from ..backends.port import Backend, SessionSetup
from ..core import commands as cmd
from ..core import events as ev
from ..core.session import CallSession, CallSetup
from ..errors import BiamiError, TransportError
from ..interface import CallRecord, Clock, EndReason, LiveEvent, TimerHandle
from ..transports.port import Informed, Leg
from .media import Ear, FormatBridge, choose_formats
from .mind import AbsentBackend, Mind
from .record import after_end, after_report

_log = logging.getLogger(__name__)

SAY_EXACTLY = 'Say exactly: "{}"'


class Voice(Protocol):
    """The house's own voice."""

    def stream(self, text: str) -> AsyncIterator[Audio]: ...


class Outcome(Protocol):
    """`output_json` is for the backend, of a failure too; `effect` is what the call must now do."""

    @property
    def output_json(self) -> str: ...
    @property
    def failed(self) -> bool: ...
    @property
    def effect(self) -> str | None: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Toolbox(Protocol):
    """The tools of one call."""

    async def run(self, name: str, arguments_json: str, timeout_seconds: float) -> Outcome:
        """Never raises for what the model or a tool did."""
        ...


@dataclass(slots=True)
class CallServices:
    """What the engine lends to a call. `backend(None)` is the one of the call's context."""

    clock: Clock
    voice: Voice
    toolbox: Toolbox
    backend: Callable[[str | None], Backend]
    session: SessionSetup
    """A template: generation and formats are filled in for each session."""
    contacts: Mapping[str, str]
    """Numbers of those to whom a caller may be passed on, by name."""
    publish: Callable[[LiveEvent, CallRecord], None]


@dataclass(slots=True)
class _Party:
    leg: Leg
    bridge: FormatBridge
    ear: Ear
    gone: bool = False
    garbled: bool = False


class CallRunner:
    """Runs one call from its first leg to `EndCall`. `record` is the present snapshot."""

    def __init__(self, record: CallRecord, setup: CallSetup, services: CallServices) -> None:
        self.record = record
        self.ended = asyncio.Event()
        self._session = CallSession(setup)
        self._services = services
        self._clock = services.clock
        self._parties: dict[str, _Party] = {}
        self._minds: dict[int, Mind] = {}
        self._tools: dict[str, asyncio.Task[None]] = {}
        self._ordered: list[str] = []
        self._timer: TimerHandle | None = None
        self._armed: float | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._owned: set[asyncio.Task[None]] = set()
        self._waiting: list[ev.CallEvent] = []
        self._detects_turns = True
        self._execute: dict[type, Callable[[Any], None]] = self._table()

    # --- life ---

    async def run(self, leg: Leg) -> None:
        """Return when the call has ended and nothing of it is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._join(leg)
                self._carry_out(self._session.start(self._clock.monotonic()))
                for event in self._waiting:
                    self.receive(event)
                self._waiting.clear()
                await self.ended.wait()
                for task in self._owned:
                    if not task.cancelling():  # a backend that is closing already must not be torn out of it
                        task.cancel()
        finally:
            self._close()

    def _close(self) -> None:
        """However the call ended, no leg of it stays open and no timer stays armed."""
        self._arm(None)
        for party in self._parties.values():
            if not party.gone:
                party.leg.hang_up(self._session.end_reason or EndReason.SHUTDOWN)
        if not self.ended.is_set():
            self._end(cmd.EndCall(self._session.abort(), self._session.end_reason or EndReason.SHUTDOWN))

    def add_leg(self, leg: Leg, hears: frozenset[str]) -> None:
        """A further party joins and hears these speakers (leg ids or `agent`)."""
        self._join(leg)
        self.receive(ev.LegAdded(leg.id, hears))

    @property
    def primary_leg(self) -> str:
        return self._session.setup.leg

    def _join(self, leg: Leg) -> None:
        self._parties[leg.id] = _Party(leg, FormatBridge(leg.audio_format), Ear(leg.id, leg.audio_format))
        self._spawn(self._read_leg(leg), f"{self.record.id} leg {leg.id}")

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        assert self._tasks is not None
        task: asyncio.Task[None] = self._tasks.create_task(work, name=name)
        self._owned.add(task)
        task.add_done_callback(self._owned.discard)
        return task

    # --- the way of an event ---

    def receive(self, event: ev.CallEvent) -> None:
        """Hear one event and do what follows from it."""
        if self._tasks is None:
            self._waiting.append(event)
            return
        self._carry_out(self._session.receive(event, self._clock.monotonic()))
        if type(event) is not ev.CallerAudio:
            self._arm(self._session.next_deadline)

    def _carry_out(self, commands: list[cmd.Command]) -> None:
        for command in commands:
            self._execute[type(command)](command)

    async def _read_leg(self, leg: Leg) -> None:
        party = self._parties[leg.id]
        async for event in leg.events():
            if type(event) is ev.CallerAudio:
                self._caller_audio(party, event)
                continue
            party.gone = party.gone or isinstance(event, ev.RemoteHangup | ev.LegLost)
            self.receive(event)
        if not party.gone:
            party.gone = True
            self.receive(ev.LegLost(leg.id, "the wire ended without a word"))

    def _caller_audio(self, party: _Party, event: ev.CallerAudio) -> None:
        """A frame that cannot be decoded is the wire's fault: it is dropped, and said once."""
        try:
            self._carry_out(self._session.receive(event, self._clock.monotonic()))
            edge = None if self._detects_turns else party.ear.hear(event.audio)
            beep = party.ear.hear_beep(event.audio) if self._session.listens_for_beeps else None
        except ValueError as error:
            if not party.garbled:
                party.garbled = True
                _log.warning("%s: broken audio from %s is dropped: %s", self.record.id, event.leg, error)
            return
        for witnessed in (edge, beep):
            if witnessed is not None:
                self.receive(witnessed)

    def _arm(self, deadline: float | None) -> None:
        """One timer for whatever the session waits for next."""
        if deadline == self._armed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed = deadline
        if deadline is not None:
            self._timer = self._clock.call_at(deadline, self._time_passed)

    def _time_passed(self) -> None:
        self._armed = self._timer = None
        self.receive(ev.TimePassed())

    # --- commands: legs ---

    def _table(self) -> dict[type, Callable[[Any], None]]:
        return {
            cmd.AnswerLeg: lambda c: self._parties[c.leg].leg.answer(),
            cmd.RejectLeg: lambda c: self._parties[c.leg].leg.reject(c.reason),
            cmd.PlayToCaller: self._play,
            cmd.ClearPlayback: self._clear,
            cmd.HoldLeg: lambda c: self._try(c.leg, lambda leg: leg.hold(c.on)),
            cmd.SendDtmf: lambda c: self._try(c.leg, lambda leg: leg.send_dtmf(c.digits)),
            cmd.TransferLeg: self._transfer,
            cmd.HangUp: lambda c: self._parties[c.leg].leg.hang_up(c.reason),
            cmd.OpenBackend: self._open_backend,
            cmd.CloseBackend: self._close_backend,
            cmd.SendToBackend: lambda c: self._minds[c.generation].hear(c.audio),
            cmd.CommitBackend: lambda c: self._mind(c, lambda s: s.commit()),
            cmd.InjectBackend: lambda c: self._mind(c, lambda s: s.inject(c.text, c.role)),
            cmd.RequestResponse: lambda c: self._mind(c, lambda s: s.request_response(c.instructions)),
            cmd.CancelResponse: lambda c: self._mind(c, lambda s: s.cancel()),
            cmd.TruncateBackend: self._truncate,
            cmd.SendToolResult: lambda c: self._mind(c, lambda s: s.send_tool_result(c.call_id, c.output)),
            cmd.RunTool: self._run_tool,
            cmd.CancelTool: self._cancel_tool,
            cmd.Speak: self._speak,
            cmd.Report: self._report,
            cmd.EndCall: self._end,
        }

    def _play(self, command: cmd.PlayToCaller) -> None:
        party = self._parties[command.leg]
        if not party.gone:
            party.leg.play(command.item_id, party.bridge.convert(command.audio))

    def _clear(self, command: cmd.ClearPlayback) -> None:
        party = self._parties[command.leg]
        party.leg.clear()
        party.bridge.reset()

    def _try(self, leg_id: str, act: Callable[[Leg], None]) -> None:
        """What a wire cannot do is refused by it, told to whoever watches, and the call goes on."""
        try:
            act(self._parties[leg_id].leg)
        except BiamiError as error:
            _log.warning("%s: %s", self.record.id, error)
            self._report(cmd.Report("refused", {"leg": leg_id, "message": str(error)}))

    def _transfer(self, command: cmd.TransferLeg) -> None:
        """The one place where a contact's name becomes a number."""
        number = self._services.contacts.get(command.contact)
        try:
            if number is None:
                raise TransportError(f"there is no contact {command.contact!r}")
            self._parties[command.leg].leg.transfer(number)
        except BiamiError as error:
            _log.warning("%s: %s", self.record.id, error)
            self.receive(ev.TransferFailed(command.leg, str(error)))

    # --- commands: the mind ---

    def _open_backend(self, command: cmd.OpenBackend) -> None:
        wire = self._parties[self.primary_leg].leg.audio_format
        try:
            backend = self._services.backend(command.name)
        except BiamiError as error:
            backend = AbsentBackend(error, wire)
        heard, spoken = choose_formats(wire, backend.capabilities)
        setup = replace(self._services.session, generation=command.generation, input_format=heard, output_format=spoken)
        mind = Mind(backend, setup, self._hear_mind)
        self._minds[command.generation] = mind
        self._detects_turns = backend.capabilities.detects_turns
        mind.task = self._spawn(mind.run(), f"{self.record.id} backend {command.generation}")

    def _close_backend(self, command: cmd.CloseBackend) -> None:
        mind = self._minds[command.generation]
        if mind.task is not None:
            mind.task.cancel()

    def _mind(self, command: Any, act: Callable[[Any], None]) -> None:
        self._minds[command.generation].send(act)

    def _truncate(self, command: cmd.TruncateBackend) -> None:
        mind = self._minds[command.generation]
        if mind.backend.capabilities.truncates:
            mind.send(lambda session: session.truncate(command.item_id, command.audio_end_ms))

    def _hear_mind(self, event: ev.CallEvent) -> None:
        self.receive(event)
        if type(event) is ev.ResponseDone and self._ordered:
            self.receive(ev.SpokenDone(self._ordered.pop(0), spoken=False))

    # --- commands: tools and the house's voice ---

    def _run_tool(self, command: cmd.RunTool) -> None:
        self._tools[command.call_id] = self._spawn(self._use_tool(command), f"{self.record.id} tool {command.name}")

    async def _use_tool(self, command: cmd.RunTool) -> None:
        outcome = await self._services.toolbox.run(command.name, command.arguments, command.timeout_seconds)
        self._tools.pop(command.call_id, None)
        finished = ev.ToolFinished(command.call_id, outcome.output_json, outcome.failed, outcome.effect, outcome.data)
        self.receive(finished)

    def _cancel_tool(self, command: cmd.CancelTool) -> None:
        task = self._tools.pop(command.call_id, None)
        if task is not None:
            task.cancel()

    def _speak(self, command: cmd.Speak) -> None:
        mind = self._minds.get(command.generation)
        alive = mind is not None and mind.task is not None and not mind.task.done()
        if mind is not None and alive and mind.backend.capabilities.speaks_to_order and not command.by_house:
            self._ordered.append(command.item_id)
            mind.send(lambda session: session.request_response(SAY_EXACTLY.format(command.text)))
        else:
            self._spawn(self._say(command), f"{self.record.id} {command.item_id}")

    async def _say(self, command: cmd.Speak) -> None:
        spoken = False
        try:
            async for audio in self._services.voice.stream(command.text):
                spoken = True
                self.receive(ev.AgentAudio(command.generation, command.item_id, audio))
        except BiamiError as error:
            _log.warning("%s: cannot say a sentence: %s", self.record.id, error)
        self.receive(ev.SpokenDone(command.item_id, spoken))

    # --- commands: telling ---

    def _report(self, command: cmd.Report) -> None:
        self.record = after_report(self.record, command.type, command.data, self._clock.wall())
        for party in self._parties.values():
            if isinstance(party.leg, Informed) and not party.gone:
                party.leg.tell(command.type, command.data)
        self._publish(command.type, command.data)

    def _end(self, command: cmd.EndCall) -> None:
        self.record = after_end(self.record, command.outcome, command.reason, self._clock.wall())
        self._publish("call_ended", {"outcome": command.outcome.value, "end_reason": command.reason.value})
        self.ended.set()

    def _publish(self, type: str, data: Mapping[str, Any]) -> None:
        provider_id = self._parties[self.primary_leg].leg.provider_id if self._parties else None
        self.record = replace(self.record, provider_id=provider_id or self.record.provider_id)
        self._services.publish(LiveEvent(type, self.record.id, self._clock.wall(), data), self.record)
