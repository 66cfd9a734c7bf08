"""`LocalEngine`: the composition root. It builds every room from a configuration and owns everything that runs.

An incoming leg and a placed call end in the same place: `_run`, one task per call, whose `CallRunner` does the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from .audio.frame import PCMU_8K
from .backends import create_backend
from .backends.port import Backend, BackendServices, SessionSetup, ToolSpec
from .calllog import RENEW_SECONDS, CallRecords, Store, StoreLedger, StoreUnavailable, load_identity
from .calls.admission import Admission
from .calls.clock import SystemClock
from .calls.journal import Journal
from .calls.placing import Placement, context_named, plan
from .calls.prompt import render_leniently
from .calls.record import after_end, result_of
from .calls.runner import CallRunner, CallServices
from .config import ContextConfig, EngineConfig
from .core import events as ev
from .core.session import CallSetup
from .errors import BiamiError, CallRefused, NotFound
from .interface import (
    CallRecord,
    CallRequest,
    CallResult,
    CallStatus,
    Clock,
    Direction,
    EndReason,
    LiveEvent,
    Outcome,
    RejectReason,
    Unsubscribe,
)
from .speech import Voices
from .tools.ports import ToolPorts
from .tools.runner import ToolBox
from .transports import create_transport
from .transports.port import ContextChoice, Leg, Transport, TransportServices

_log = logging.getLogger(__name__)

MAX_REMEMBERED = 500
"""Ended calls and idempotency keys kept in memory beside the call log."""
STOP_SECONDS = 10.0


class LocalEngine:
    """Fulfils `interface.VoiceEngine` in this process. `transports` are by line name, for the host's web routes."""

    def __init__(self, config: EngineConfig, clock: Clock | None = None, name: str = "") -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.owner = ""
        self.accepting = False
        self.transports: dict[str, Transport] = {}
        self.retired: list[Transport] = []
        """Transports of a former configuration, whose calls still run."""
        self.store = Store(config.call_log.url)
        self._name = name
        self._records = CallRecords(self.store)
        self._journal = Journal(self._records)
        self._admission = Admission(config.limits)
        self._voices = Voices()
        self._backends: dict[str, Backend] = {}
        self._runners: dict[str, CallRunner] = {}
        self._ended: OrderedDict[str, CallRecord] = OrderedDict()
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._listeners: list[Callable[[LiveEvent], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ledger: StoreLedger | None = None
        self._token_key = b""

    # --- life ---

    async def start(self) -> None:
        """Bring everything up; raises `ConfigError` or `MissingDependency` where the configuration cannot work."""
        self._check(self.config)
        await self.store.start()
        identity = await load_identity(self.store, self._name)
        self.owner = identity.owner
        self._token_key = identity.token_key
        self._ledger = StoreLedger(self.store, self.clock, self.owner)
        self._spawn(self._journal.run(), "journal")
        self._spawn(self._renew_leases(self._ledger), "leases")
        for name in self.config.lines:
            await self._start_line(name)
        self.accepting = True

    async def stop(self, drain_seconds: float = 0.0) -> None:
        self.accepting = False
        await self._wait_for_calls(drain_seconds)
        for runner in self._runners.values():
            runner.receive(ev.HangUpRequested(EndReason.SHUTDOWN, drain=False))
        await self._wait_for_calls(STOP_SECONDS)
        for transport in (*self.transports.values(), *self.retired):
            await transport.stop()
        await self._journal.flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._voices.close()
        await self.store.close()

    def _check(self, config: EngineConfig) -> None:
        """What only the rooms themselves know: which tools there are and what they need."""
        for context in config.contexts.values():
            self._toolbox(context, _CallControl())

    async def _wait_for_calls(self, seconds: float) -> None:
        """Until no call is left, or so long on the engine's clock."""
        ends = [asyncio.ensure_future(runner.ended.wait()) for runner in self._runners.values()]
        limit = asyncio.ensure_future(self.clock.sleep_until(self.clock.monotonic() + seconds))
        try:
            while ends and not limit.done():
                await asyncio.wait([limit, *ends], return_when=asyncio.FIRST_COMPLETED)
                ends = [end for end in ends if not end.done()]
            running = [task for task in self._tasks if task.get_name().startswith("call ")]
            if running and not limit.done():
                await asyncio.wait(running, timeout=STOP_SECONDS)
        finally:
            for waiter in (limit, *ends):
                waiter.cancel()

    async def reload(self, config: EngineConfig) -> None:
        """Take a new configuration: new calls follow it, running ones keep what they began with."""
        self._check(config)
        before, self.config = self.config, config
        self._admission.limits = config.limits
        self._backends.clear()
        moved = before.server.public_url != config.server.public_url
        for name, transport in list(self.transports.items()):
            if moved or config.lines.get(name) != before.lines.get(name):
                self.retired.append(self.transports.pop(name))
                self._spawn(self._retire(transport, name), f"retire {name}")
        for name in config.lines:
            if name not in self.transports:
                await self._start_line(name)

    async def _retire(self, transport: Transport, line: str) -> None:
        for runner in [runner for runner in self._runners.values() if runner.record.line == line]:
            await runner.ended.wait()
        await transport.stop()
        self.retired.remove(transport)

    async def _start_line(self, name: str) -> None:
        assert self._ledger is not None
        services = TransportServices(
            clock=self.clock,
            ledger=self._ledger,
            public_url=self.config.server.public_url,
            token_key=self._token_key,
            owner=self.owner,
            max_call_seconds=self.config.limits.max_call_seconds,
        )
        transport = create_transport(self.config.lines[name], services)
        self.transports[name] = transport
        await transport.start(self._on_incoming)

    async def _renew_leases(self, ledger: StoreLedger) -> None:
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + RENEW_SECONDS)
            try:
                await ledger.renew()
            except StoreUnavailable:
                continue

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, BiamiError):
            _log.error("%s failed", task.get_name(), exc_info=error)

    # --- calls in ---

    def _on_incoming(self, leg: Leg) -> None:
        chosen = leg.context if isinstance(leg, ContextChoice) else None
        line = self.config.lines.get(leg.line)
        reject: RejectReason | None = None
        try:
            context = context_named(self.config, chosen or (line.context if line else ""))
        except CallRefused as refused:
            _log.warning("%s: refused: %s", leg.call_id, refused)
            context, reject = ContextConfig("none"), RejectReason.NOT_FOUND
        if not self.accepting or not self._admission.room(len(self._runners)):
            reject = RejectReason.BUSY
        elif not getattr(line, "answer_calls", True):
            reject = RejectReason.DECLINED
        record = CallRecord(
            id=leg.call_id,
            direction=Direction.INBOUND,
            line=leg.line,
            context=context.name,
            status=CallStatus.RINGING,
            from_=leg.from_,
            to=leg.to,
            created_at=self.clock.wall(),
            provider_id=leg.provider_id,
        )
        variables = {**context.variables, "goal": "", "from": leg.from_, "to": leg.to, "caller": leg.from_}
        instructions = render_leniently(context.prompt, variables)
        runner = self._runner(record, leg.id, context, instructions, variables, reject)
        self._publish(LiveEvent("call_received", record.id, self.clock.wall(), _parties(record)), record)
        self._spawn(self._run(runner, leg), f"call {record.id}")

    # --- calls out ---

    async def place_call(self, request: CallRequest) -> CallRecord:
        key = request.idempotency_key
        if key is not None and key in self._keys:
            return await self.get_call(self._keys[key])
        if not self.accepting:
            raise CallRefused("draining", "no new calls are taken: the engine is stopping")
        placement = plan(self.config, self.transports, request, self.clock.wall())
        self._admission.admit(len(self._runners), self.clock.monotonic())
        runner = self._runner(
            placement.record,
            placement.dial.leg_id,
            placement.context,
            placement.instructions,
            placement.variables,
        )
        if key is not None:
            _remember(self._keys, key, placement.record.id)
        # Shielded: who asked may go away, but a dial that began ends in a running call or a closed record.
        return await asyncio.shield(self._spawn(self._dial(placement, runner), f"dial {placement.record.id}"))

    async def _dial(self, placement: Placement, runner: CallRunner) -> CallRecord:
        try:
            leg = await self.transports[placement.record.line].dial(placement.dial)
        except BiamiError:
            self._runners.pop(runner.record.id, None)
            failed = after_end(placement.record, Outcome.FAILED, EndReason.CARRIER_ERROR, self.clock.wall())
            data = {"outcome": Outcome.FAILED.value, "end_reason": EndReason.CARRIER_ERROR.value}
            self._publish(LiveEvent("call_ended", failed.id, self.clock.wall(), data), failed)
            runner.ended.set()
            raise
        runner.record = replace(runner.record, provider_id=leg.provider_id)
        self._publish(LiveEvent("call_placed", leg.call_id, self.clock.wall(), _parties(runner.record)), runner.record)
        self._spawn(self._run(runner, leg), f"call {leg.call_id}")
        return runner.record

    # --- one call ---

    def _runner(
        self,
        record: CallRecord,
        leg_id: str,
        context: ContextConfig,
        instructions: str,
        variables: Mapping[str, str],
        reject: RejectReason | None = None,
    ) -> CallRunner:
        limit = context.max_call_seconds or self.config.limits.max_call_seconds
        setup = CallSetup(leg_id, record.direction, context, limit, context.backend, reject)
        control = _CallControl()
        tools = self._toolbox(context, control)
        session = SessionSetup(
            call_id=record.id,
            generation=0,
            input_format=PCMU_8K,
            output_format=PCMU_8K,
            instructions=instructions,
            voice=context.voice,
            language=context.language,
            tools=[ToolSpec(tool.name, tool.description, tool.parameters) for tool in tools.specs],
            context=context.name,
            variables=variables,
            caller_first=context.opening == "wait_for_caller",
        )
        services = CallServices(
            clock=self.clock,
            voice=self._voices.speaker,
            toolbox=tools,
            backend=lambda name: self._backend(name or context.backend or self.config.default_backend),
            session=session,
            publish=self._publish,
        )
        runner = control.runner = CallRunner(record, setup, services)
        self._runners[record.id] = runner
        return runner

    def _toolbox(self, context: ContextConfig, control: _CallControl) -> ToolBox:
        return ToolBox(context.tools, ToolPorts(call=control, clock=self.clock))

    def _backend(self, name: str) -> Backend:
        if name not in self._backends:
            config = self.config.backends.get(name)
            if config is None:
                raise NotFound(f"no backend {name!r} in the configuration")
            services = BackendServices(self.clock, self._voices, self.config.config_dir)
            self._backends[name] = create_backend(config, services)
        return self._backends[name]

    async def _run(self, runner: CallRunner, leg: Leg) -> None:
        call_id = runner.record.id
        try:
            await runner.run(leg)
        except Exception:
            _log.exception("%s: the call broke down", call_id)
        finally:
            del self._runners[call_id]
            _remember(self._ended, call_id, runner.record)

    # --- what hosts ask ---

    async def wait_for_end(self, call_id: str, timeout_seconds: float | None = None) -> CallResult | None:
        runner = self._find(call_id)
        if runner is not None:
            ended = asyncio.ensure_future(runner.ended.wait())
            waiting = [ended]
            if timeout_seconds is not None:
                due = self.clock.sleep_until(self.clock.monotonic() + timeout_seconds)
                waiting.append(asyncio.ensure_future(due))  # type: ignore[arg-type]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiter in waiting:
                    waiter.cancel()
            return result_of(runner.record) if runner.ended.is_set() else None
        return result_of(await self.get_call(call_id))

    async def hang_up(self, call_id: str) -> None:
        runner = self._find(call_id)
        if runner is None:
            await self.get_call(call_id)
            return
        runner.receive(ev.HangUpRequested(EndReason.OPERATOR))

    async def say(self, call_id: str, text: str) -> None:
        self._active(call_id).receive(ev.SayRequested(text))

    async def send_dtmf(self, call_id: str, digits: str) -> None:
        runner = self._active(call_id)
        runner.receive(ev.DtmfRequested(runner.primary_leg, digits))

    async def update_call(self, call_id: str, text: str) -> None:
        self._active(call_id).receive(ev.InjectRequested(text))

    async def get_call(self, call_id: str) -> CallRecord:
        runner = self._find(call_id)
        if runner is not None:
            return runner.record
        for record in reversed(self._ended.values()):
            if call_id in (record.id, record.provider_id):
                return record
        stored = await self._records.get(call_id)
        if stored is None:
            raise NotFound(f"no call {call_id!r}")
        return stored

    async def list_calls(self, limit: int = 50, active: bool | None = None) -> list[CallRecord]:
        live = [runner.record for runner in self._runners.values()]
        if active:
            return sorted(live, key=lambda record: record.created_at, reverse=True)[:limit]
        known = {record.id: record for record in (*await self._stored(limit), *self._ended.values(), *live)}
        if active is False:
            known = {id: record for id, record in known.items() if record.ended_at is not None}
        return sorted(known.values(), key=lambda record: record.created_at, reverse=True)[:limit]

    async def _stored(self, limit: int) -> list[CallRecord]:
        try:
            return list(await self._records.list(limit))
        except StoreUnavailable:
            return []

    def subscribe(self, listener: Callable[[LiveEvent], None]) -> Unsubscribe:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _publish(self, event: LiveEvent, record: CallRecord) -> None:
        self._journal.note(record)
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                _log.exception("%s: a listener failed at %s", event.call_id, event.type)

    def _find(self, call_id: str) -> CallRunner | None:
        runner = self._runners.get(call_id)
        if runner is not None:
            return runner
        return next((one for one in self._runners.values() if one.record.provider_id == call_id), None)

    def _active(self, call_id: str) -> CallRunner:
        runner = self._find(call_id)
        if runner is None:
            raise NotFound(f"no active call {call_id!r}")
        return runner


class _CallControl:
    """What tools may do to the call they run in (`tools.ports.CallControl`)."""

    runner: CallRunner

    def send_dtmf(self, digits: str) -> None:
        self.runner.receive(ev.DtmfRequested(self.runner.primary_leg, digits))


def _parties(record: CallRecord) -> dict[str, str]:
    return {"line": record.line, "context": record.context, "from": record.from_, "to": record.to}


def _remember(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
