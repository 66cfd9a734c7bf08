"""Which tools a call gets and what they are lent: the host's ports, the house's, and those of the call itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from ..calllog import Store
from ..config import ContextConfig, EngineConfig
from ..errors import ConfigError
from ..interface import CallRecord, Clock
from ..tools import BUILTIN_TOOLS
from ..tools.http_tool import HttpClient, HttpTool, check_http_tool
from ..tools.ports import CallControl, Caller, HostPorts, ToolFunction, ToolPorts
from ..tools.runner import ToolBox
from ..tools.tool import Tool, check_function, missing_port
from .desk import Desk
from .variables import contact_with, far_number, transfer_names

_log = logging.getLogger(__name__)

_E164 = re.compile(r"\+[1-9]\d{6,14}")

_OF_CALL = frozenset({"call", "caller", "messages", "callbacks", "read_backs"})
"""Ports that every call has."""

_CURES = {
    "calendar": "no calendar is configured (tools.calendar)",
    "calendar_rules": "no calendar is configured (tools.calendar)",
    "info": "no info files are configured (tools.info)",
    "contacts": "there are no contacts",
}


class Lending:
    """Makes the toolbox of each call. `owner` is known once the engine has started."""

    def __init__(self, store: Store, clock: Clock, ports: HostPorts | None = None) -> None:
        self.owner = ""
        self._store = store
        self._clock = clock
        self._host = ports or HostPorts()
        self._client = HttpClient()

    def replace_ports(self, ports: HostPorts) -> None:
        """With a new configuration; running calls keep what they were lent."""
        self._host = ports

    async def close(self) -> None:
        await self._client.close()

    def check(self, config: EngineConfig, ports: HostPorts | None = None) -> None:
        """Raise `ConfigError` for a tool that cannot be had; say which tools a context goes without."""
        host = ports or self._host
        for tool in config.tools.http.values():
            if tool.name in BUILTIN_TOOLS:
                raise ConfigError("is the name of a builtin tool: choose another one", f"tools.http.{tool.name}")
            check_http_tool(tool)
        absent: dict[tuple[str, str], list[str]] = {}
        for context in config.contexts.values():
            lent = self._house(config, context, host)
            for name in context.tools:
                try:
                    _check_tool(config, name, lent, host)
                except ConfigError as error:
                    raise ConfigError(error.message, f"contexts.{context.name}.tools") from None
            for missing in _without(context, lent).items():
                absent.setdefault(missing, []).append(context.name)
        for (name, port), contexts in absent.items():
            _log.warning("%s cannot be used by the contexts %s: %s", name, ", ".join(contexts), _CURES[port])

    def toolbox(self, config: EngineConfig, context: ContextConfig, call: CallControl, record: CallRecord) -> ToolBox:
        caller = _caller(config, record)
        desk = Desk(self._store, self._clock, self.owner, call, caller, record)
        house = self._house(config, context, self._host)
        missing = _without(context, house)
        names = [name for name in context.tools if name not in missing]
        lent = replace(house, call=call, caller=caller, messages=desk, callbacks=desk, read_backs=set())
        known = {"call_id": record.id, "caller_number": caller.number, "caller_name": caller.name}
        more = {name: self._more(config, name, known) for name in names if name not in BUILTIN_TOOLS}
        return ToolBox(names, lent, more, _preambles(context))

    def _house(self, config: EngineConfig, context: ContextConfig, host: HostPorts) -> ToolPorts:
        return ToolPorts(
            clock=self._clock,
            time_zone=ZoneInfo(config.time_zone) if config.time_zone else None,
            calendar=host.calendar,
            calendar_rules=config.tools.calendar,
            info=host.info,
            contacts=transfer_names(config, context) or None,
        )

    def _more(self, config: EngineConfig, name: str, known: Mapping[str, str]) -> ToolFunction | Tool:
        if name in config.tools.http:
            return HttpTool(config.tools.http[name], self._client, known)
        return self._host.tools[name]()


def _check_tool(config: EngineConfig, name: str, lent: ToolPorts, host: HostPorts) -> None:
    if name in BUILTIN_TOOLS or name in config.tools.http:
        return
    if name not in host.tools:
        known = ", ".join([*BUILTIN_TOOLS, *config.tools.http, *host.tools])
        raise ConfigError(f"unknown tool {name!r}; known: {known}")
    try:
        function = host.tools[name]()
    except Exception as error:
        raise ConfigError(f"the tool {name!r} cannot be imported: {error}") from error
    check_function(name, function, lent, _OF_CALL)


def _without(context: ContextConfig, lent: ToolPorts) -> dict[str, str]:
    """Builtin tools whose port nobody lends, and that port: a shipped context names more tools than a house has."""
    found = {name: missing_port(name, lent, _OF_CALL) for name in context.tools if name in BUILTIN_TOOLS}
    return {name: port for name, port in found.items() if port is not None}


def _caller(config: EngineConfig, record: CallRecord) -> Caller:
    number = far_number(record)
    contact = contact_with(config, number)
    trusted = config.tools.calendar.show_titles_to if config.tools.calendar else ()
    name = contact.name if contact else ""
    return Caller(number if _E164.fullmatch(number) else "", name, record.line in trusted or name in trusted)


def _preambles(context: ContextConfig) -> Mapping[str, str]:
    """The builtin ones are English: in another language only the context's own are said."""
    silent = {} if context.language.lower().startswith("en") else dict.fromkeys(BUILTIN_TOOLS, "")
    return {**silent, **context.preambles}
