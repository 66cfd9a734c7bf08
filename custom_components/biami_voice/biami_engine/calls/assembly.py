"""Puts a call together: its context's tools, its minds, the voice of the house, and the runner that uses them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..audio.frame import PCMU_8K
from ..backends import create_backend
from ..backends.port import Backend, BackendServices, SessionSetup, ToolSpec, WarmUp
from ..config import ContextConfig, EngineConfig
from ..core import events as ev
from ..core.session import CallSetup
from ..core.tool_calls import ToolTraits
from ..errors import BiamiError, NotFound
from ..interface import CallRecord, Clock, LiveEvent, RejectReason
from ..speech import Voices
from ..tools.ports import HostPorts
from .lending import Lending
from .runner import CallRunner, CallServices
from .variables import transfer_names

_log = logging.getLogger(__name__)

Publish = Callable[[LiveEvent, CallRecord], None]
Tell = Callable[[CallRunner, str, Mapping[str, Any]], None]


class Assembly:
    """Builds by `config`; backends are built once and shared by its calls."""

    def __init__(
        self, config: EngineConfig, clock: Clock, voices: Voices, lending: Lending, publish: Publish, tell: Tell
    ) -> None:
        self.config = config
        self._clock = clock
        self._voices = voices
        self._lending = lending
        self._publish = publish
        self._tell = tell
        self._backends: dict[str, Backend] = {}

    def use(self, config: EngineConfig) -> None:
        """New calls follow this configuration."""
        self.config = config
        self._backends.clear()

    def check(self, config: EngineConfig, ports: HostPorts | None = None) -> None:
        """What only the rooms themselves know, tools and backends by building them once; raises `ConfigError`."""
        self._lending.check(config, ports)
        backends = {name: self._build(config, name) for name in config.backends}
        for context in config.contexts.values():
            name = context.backend or config.default_backend
            languages = backends[name].capabilities.languages if name in backends else None
            if languages is not None and context.language.partition("-")[0].lower() not in languages:
                known = ", ".join(sorted(languages))
                words = "the context %s is in the language %s, but its backend %s knows only: %s"
                _log.warning(words, context.name, context.language, name, known)

    async def warm_up(self) -> None:
        """Load what the minds of the contexts need. One that cannot be had is named now; its calls go to the spare."""
        names = {context.backend or self.config.default_backend for context in self.config.contexts.values()}
        for name in sorted(names & self.config.backends.keys()):
            backend = self.backend(name)
            if not isinstance(backend, WarmUp):
                continue
            try:
                await backend.warm_up()
            except BiamiError as error:
                _log.warning("the backend %s cannot be used: %s", name, error)

    @property
    def has_remote_mind(self) -> bool:
        return any(self._build(self.config, name).capabilities.remote for name in self.config.backends)

    def backend(self, name: str) -> Backend:
        if name not in self._backends:
            self._backends[name] = self._build(self.config, name)
        return self._backends[name]

    def _build(self, config: EngineConfig, name: str) -> Backend:
        if name not in config.backends:
            raise NotFound(f"no backend {name!r} in the configuration")
        return create_backend(config.backends[name], BackendServices(self._clock, self._voices, config.config_dir))

    def runner(
        self,
        record: CallRecord,
        leg_id: str,
        context: ContextConfig,
        instructions: str,
        variables: Mapping[str, str],
        reject: RejectReason | None = None,
    ) -> CallRunner:
        limit = context.max_call_seconds or self.config.limits.max_call_seconds
        control = _CallControl(self._tell)
        tools = self._lending.toolbox(self.config, context, control, record)
        traits = {tool.name: ToolTraits(tool.timeout_seconds, tool.preamble) for tool in tools.specs}
        specs = [ToolSpec(tool.name, tool.description, tool.parameters) for tool in tools.specs]
        services = CallServices(
            clock=self._clock,
            voice=self._voices.speaker,
            toolbox=tools,
            backend=lambda name: self.backend(name or context.backend or self.config.default_backend),
            session=replace(
                _session(record, context, instructions, variables, specs),
                contacts=transfer_names(self.config, context),
                time_zone=self.config.time_zone,
            ),
            contacts=self._transfer_numbers(context),
            publish=self._publish,
        )
        setup = CallSetup(leg_id, record.direction, context, limit, context.backend, reject, tools=traits)
        control.runner = CallRunner(record, setup, services)
        return control.runner

    def _transfer_numbers(self, context: ContextConfig) -> dict[str, str]:
        allowed = {*transfer_names(self.config, context), context.failover.transfer}
        return {name: contact.number for name, contact in self.config.contacts.items() if name in allowed}


def _session(
    record: CallRecord,
    context: ContextConfig,
    instructions: str,
    variables: Mapping[str, str],
    tools: list[ToolSpec],
) -> SessionSetup:
    """The template of every session of a call; generation and formats are filled in when one is opened."""
    return SessionSetup(
        call_id=record.id,
        generation=0,
        input_format=PCMU_8K,
        output_format=PCMU_8K,
        instructions=instructions,
        voice=context.voice,
        language=context.language,
        tools=tools,
        context=context.name,
        variables=variables,
        caller_first=context.opening == "wait_for_caller",
        guarded=context.turns.confirm_ms > 0,
        dialogue=context.dialogue,
    )


class _CallControl:
    """What tools may do to the call they run in (`tools.ports.CallControl`)."""

    runner: CallRunner

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def send_dtmf(self, digits: str) -> None:
        self.runner.receive(ev.DtmfRequested(self.runner.primary_leg, digits))

    def announce(self, type: str, data: Mapping[str, Any]) -> None:
        self._tell(self.runner, type, data)
