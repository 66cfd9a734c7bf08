"""`LocalEngine`: the composition root. It builds every room from a configuration and owns everything that runs.

An incoming leg (`_on_incoming`) and a placed call (`place_call`) meet in `_run`: one task per call, whose `CallRunner`
does the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .calllog import RENEW_SECONDS, CallRecords, Store, StoreLedger, StoreUnavailable, load_identity
from .calls.admission import Admission
from .calls.assembly import Assembly
from .calls.clock import SystemClock
from .calls.journal import Journal
from .calls.lending import Lending
from .calls.lines import Lines
from .calls.placing import Placement, context_named, plan
from .calls.prompt import render_leniently, unknown_in
from .calls.ready_words import prepare
from .calls.record import after_end, result_of
from .calls.registry import CallRegistry
from .calls.runner import CallRunner
from .calls.variables import call_variables, own_context
from .config import ContextConfig, EngineConfig
from .core import events as ev
from .errors import BiamiError, CallRefused
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
from .tools.ports import HostPorts
from .transports.port import ContextChoice, Leg, Transport, TransportServices

if TYPE_CHECKING:
    from .speech.wyoming_server import WyomingServer

_log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""How long calls may take to end once they were hung up."""


class LocalEngine:
    """Fulfils `interface.VoiceEngine` in this process."""

    def __init__(
        self, config: EngineConfig, clock: Clock | None = None, name: str = "", ports: HostPorts | None = None
    ) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.owner = ""
        self.accepting = False
        self.store = Store(config.call_log.url)
        self._name = name
        self._lending = Lending(self.store, self.clock, ports)
        records = CallRecords(self.store)
        self._journal = Journal(records)
        self._calls = CallRegistry(records)
        self._admission = Admission(config.limits)
        self._voices = Voices()
        self._assembly = Assembly(config, self.clock, self._voices, self._lending, self._publish, self._tell)
        self._listeners: list[Callable[[LiveEvent], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lines = Lines(self._transport_services)
        self._ledger: StoreLedger | None = None
        self._token_key = b""

    @property
    def transports(self) -> Mapping[str, Transport]:
        """By line name, for the host's web routes."""
        return self._lines.transports

    @property
    def retired(self) -> Sequence[Transport]:
        """Of a former configuration; their calls still run."""
        return self._lines.retired

    # --- life ---

    async def start(self) -> None:
        """Bring everything up; raises `ConfigError` or `MissingDependency` where the configuration cannot work."""
        self.check(self.config)
        await self.store.start()
        identity = await load_identity(self.store, self._name)
        self.owner = self._lending.owner = identity.owner
        self._token_key = identity.token_key
        self._ledger = StoreLedger(self.store, self.clock, self.owner)
        self._spawn(self._journal.run(), "journal")
        self._spawn(self._renew_leases(self._ledger), "leases")
        self._spawn(self._assembly.warm_up(), "warm up")
        self._prepare_words()
        await self._lines.start(self.config, self._on_incoming)
        self.accepting = True

    async def stop(self, drain_seconds: float = 0.0) -> None:
        self.accepting = False
        await self._wait_for_calls(drain_seconds)
        for runner in self._calls:
            runner.receive(ev.HangUpRequested(EndReason.SHUTDOWN, drain=False))
        await self._wait_for_calls(STOP_SECONDS)
        await self._lines.stop()
        await self._journal.flush()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._voices.close()
        await self._lending.close()
        await self.store.close()

    async def reload(self, config: EngineConfig, ports: HostPorts | None = None) -> None:
        """Take a new configuration: new calls follow it, running ones keep what they began with."""
        self.check(config, ports)
        if ports is not None:
            self._lending.replace_ports(ports)
        before, self.config = self.config, config
        self._admission.limits = config.limits
        self._assembly.use(config)
        self._spawn(self._assembly.warm_up(), "warm up")
        self._prepare_words()
        for name, transport in self._lines.retire_changed(before, config).items():
            self._spawn(self._retire(transport, name), f"retire {name}")
        await self._lines.start(config, self._on_incoming)

    def check(self, config: EngineConfig, ports: HostPorts | None = None) -> None:
        """What only the rooms themselves know; raises `ConfigError`."""
        self._assembly.check(config, ports)

    def _prepare_words(self) -> None:
        if self._assembly.has_remote_mind:
            self._spawn(prepare(self._voices.speaker, self.config.contexts.values()), "ready words")

    def wyoming_server(self) -> WyomingServer:
        """This house's speech for others; the host says where it listens. Raises `MissingDependency`."""
        from .speech.wyoming_server import WyomingServer

        return WyomingServer(self._voices)

    async def _retire(self, transport: Transport, line: str) -> None:
        for runner in [runner for runner in self._calls if runner.record.line == line]:
            await runner.ended.wait()
        await self._lines.stop_retired(transport)

    async def _wait_for_calls(self, seconds: float) -> None:
        """Until no call runs, or so long on the engine's clock."""
        running = [task for task in self._tasks if task.get_name().startswith(("call ", "dial "))]
        if running and seconds > 0:
            limit = asyncio.ensure_future(self.clock.sleep_until(self.clock.monotonic() + seconds))
            everything = asyncio.ensure_future(asyncio.wait(running))
            await asyncio.wait([limit, everything], return_when=asyncio.FIRST_COMPLETED)
            limit.cancel()
            everything.cancel()

    def _transport_services(self, config: EngineConfig) -> TransportServices:
        assert self._ledger is not None
        return TransportServices(
            clock=self.clock,
            ledger=self._ledger,
            public_url=config.server.public_url,
            token_key=self._token_key,
            owner=self.owner,
            max_call_seconds=config.limits.max_call_seconds,
        )

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
        context, reject = self._receive(leg)
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
        variables = call_variables(self.config, context, record, record.created_at)
        for name in unknown_in(context, variables):
            _log.warning("%s: the context %s needs a value for {%s}: it is left out", record.id, context.name, name)
        context = replace(context, first_sentence=render_leniently(context.first_sentence, variables))
        instructions = render_leniently(context.prompt, variables)
        runner = self._begin(record, leg.id, context, instructions, variables, reject)
        self._announce("call_received", record)
        self._spawn(self._run(runner, leg), f"call {record.id}")

    def _receive(self, leg: Leg) -> tuple[ContextConfig, RejectReason | None]:
        """Who answers, or why nobody does."""
        line = self.config.lines.get(leg.line)
        asked_for = leg.context if isinstance(leg, ContextChoice) else None
        chosen = asked_for or own_context(self.config, leg.from_) or (line.context if line else "")
        try:
            context = context_named(self.config, chosen)
        except CallRefused as refused:
            _log.warning("%s: refused: %s", leg.call_id, refused)
            return ContextConfig("none", tools=()), RejectReason.NOT_FOUND
        if not self.accepting or not self._admission.room(len(self._calls)):
            return context, RejectReason.BUSY
        if not getattr(line, "answer_calls", True):
            return context, RejectReason.DECLINED
        return context, None

    # --- calls out ---

    async def place_call(self, request: CallRequest) -> CallRecord:
        known = self._calls.call_of_key(request.idempotency_key)
        if known is not None:
            return await self.get_call(known)
        if not self.accepting:
            raise CallRefused("draining", "no new calls are taken: the engine is stopping")
        placement = plan(self.config, self.transports, request, self.clock.wall())
        self._admission.admit(len(self._calls), self.clock.monotonic())
        self._calls.remember_key(request.idempotency_key, placement.record.id)
        # Shielded: who asked may go away, but a dial that began ends in a running call or a closed record.
        return await asyncio.shield(self._spawn(self._dial(placement), f"dial {placement.record.id}"))

    async def _dial(self, placement: Placement) -> CallRecord:
        record = placement.record
        runner = self._begin(
            record, placement.dial.leg_id, placement.context, placement.instructions, placement.variables
        )
        try:
            leg = await self.transports[record.line].dial(placement.dial)
        except BiamiError:
            runner.record = after_end(record, Outcome.FAILED, EndReason.CARRIER_ERROR, self.clock.wall())
            self._calls.end(runner)
            data = {"outcome": Outcome.FAILED.value, "end_reason": EndReason.CARRIER_ERROR.value}
            self._publish(LiveEvent("call_ended", record.id, self.clock.wall(), data), runner.record)
            runner.ended.set()
            raise
        runner.record = replace(record, provider_id=leg.provider_id)
        self._announce("call_placed", runner.record)
        self._spawn(self._run(runner, leg), f"call {record.id}")
        return runner.record

    # --- one call ---

    def _begin(
        self,
        record: CallRecord,
        leg_id: str,
        context: ContextConfig,
        instructions: str,
        variables: Mapping[str, str],
        reject: RejectReason | None = None,
    ) -> CallRunner:
        runner = self._assembly.runner(record, leg_id, context, instructions, variables, reject)
        self._calls.begin(runner)
        return runner

    async def _run(self, runner: CallRunner, leg: Leg) -> None:
        try:
            await runner.run(leg)
        except Exception:
            _log.exception("%s: the call broke down", runner.record.id)
        finally:
            self._calls.end(runner)

    # --- what hosts ask ---

    async def wait_for_end(self, call_id: str, timeout_seconds: float | None = None) -> CallResult | None:
        runner = self._calls.find(call_id)
        if runner is None:
            return result_of(await self.get_call(call_id))
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(runner.ended.wait())]
        if timeout_seconds is not None:
            until = self.clock.monotonic() + timeout_seconds
            waiting.append(asyncio.ensure_future(self.clock.sleep_until(until)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiting:
                waiter.cancel()
        return result_of(runner.record) if runner.ended.is_set() else None

    async def hang_up(self, call_id: str) -> None:
        runner = self._calls.find(call_id)
        if runner is None:
            await self.get_call(call_id)
            return
        runner.receive(ev.HangUpRequested(EndReason.OPERATOR))

    async def say(self, call_id: str, text: str) -> None:
        self._calls.active(call_id).receive(ev.SayRequested(text))

    async def send_dtmf(self, call_id: str, digits: str) -> None:
        runner = self._calls.active(call_id)
        runner.receive(ev.DtmfRequested(runner.primary_leg, digits))

    async def update_call(self, call_id: str, text: str) -> None:
        self._calls.active(call_id).receive(ev.InjectRequested(text))

    async def get_call(self, call_id: str) -> CallRecord:
        return await self._calls.get(call_id)

    async def list_calls(self, limit: int = 50, active: bool | None = None) -> list[CallRecord]:
        return await self._calls.newest(limit, active)

    def subscribe(self, listener: Callable[[LiveEvent], None]) -> Unsubscribe:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _announce(self, type: str, record: CallRecord) -> None:
        data = {"line": record.line, "context": record.context, "from": record.from_, "to": record.to}
        self._publish(LiveEvent(type, record.id, self.clock.wall(), data), record)

    def _tell(self, runner: CallRunner, type: str, data: Mapping[str, Any]) -> None:
        self._publish(LiveEvent(type, runner.record.id, self.clock.wall(), data), runner.record)

    def _publish(self, event: LiveEvent, record: CallRecord) -> None:
        self._journal.note(record)
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                _log.exception("%s: a listener failed at %s", event.call_id, event.type)
