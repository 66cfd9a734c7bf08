"""One tool, whatever it is made of."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import ConfigError
from . import BUILTIN_TOOLS, DEFAULT_TIMEOUT_SECONDS, Builtin, load_tool
from .arguments import parse
from .ports import ToolFunction, ToolPorts
from .schema import Schema, description, function_schema, ports

OPTIONAL_PORTS = frozenset({"time_zone"})
"""Ports whose absence has a meaning of its own."""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as the model sees it, and how long it may take. `preamble` is said while it is slow; empty: nothing."""

    name: str
    description: str
    parameters: Schema
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    preamble: str = ""


class Tool(Protocol):
    @property
    def definition(self) -> ToolDefinition: ...
    @property
    def effect(self) -> str | None: ...
    @property
    def effect_data(self) -> tuple[str, ...]: ...

    async def call(self, arguments_json: str) -> Any:
        """The result; raises `ArgumentError`, `BiamiError` and `ValueError` with a sentence for the model."""
        ...


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """`async def` functions run on the loop and must not block; plain ones may block and run in a thread."""

    definition: ToolDefinition
    function: ToolFunction
    ports: Mapping[str, Any] = field(default_factory=dict)
    effect: str | None = None
    effect_data: tuple[str, ...] = ()

    async def call(self, arguments_json: str) -> Any:
        arguments = {**parse(self.function, arguments_json), **self.ports}
        if inspect.iscoroutinefunction(self.function):
            return await self.function(**arguments)
        return await asyncio.to_thread(self.function, **arguments)


def builtin_tool(name: str, lent: ToolPorts) -> FunctionTool:
    function = load_tool(name)
    known = BUILTIN_TOOLS[name]
    return FunctionTool(
        _definition(name, function, known), function, _ports(name, function, lent), known.effect, known.effect_data
    )


def foreign_tool(name: str, function: ToolFunction, lent: ToolPorts) -> FunctionTool:
    """A function from elsewhere. It may carry attributes `timeout_seconds` and `preamble`."""
    seconds = float(getattr(function, "timeout_seconds", DEFAULT_TIMEOUT_SECONDS))
    known = Builtin("", timeout_seconds=seconds, preamble=str(getattr(function, "preamble", "")))
    return FunctionTool(_definition(name, function, known), function, _ports(name, function, lent))


def check_function(name: str, function: ToolFunction, lent: ToolPorts, promised: Collection[str] = ()) -> None:
    """Raise `ConfigError` where a function from elsewhere cannot be a tool."""
    try:
        function_schema(function)
    except (TypeError, NameError) as error:
        raise ConfigError(f"the tool {name!r} cannot be described to a model: {error}", "tools") from None
    for port in _missing(function, lent):
        if port not in promised:
            raise ConfigError(f"the tool {name!r} needs {port!r}, which this host does not have", "tools")


def missing_port(name: str, lent: ToolPorts, promised: Collection[str] = ()) -> str | None:
    """The first port a builtin tool needs and does not get; `promised` ones come with the call."""
    return next((port for port in _missing(load_tool(name), lent) if port not in promised), None)


def _definition(name: str, function: ToolFunction, known: Builtin) -> ToolDefinition:
    return ToolDefinition(name, description(function), function_schema(function), known.timeout_seconds, known.preamble)


def _missing(function: ToolFunction, lent: ToolPorts) -> list[str]:
    return [port for port in ports(function) if port not in OPTIONAL_PORTS and getattr(lent, port, None) is None]


def _ports(name: str, function: ToolFunction, lent: ToolPorts) -> dict[str, Any]:
    for port in _missing(function, lent):
        raise ConfigError(f"the tool {name!r} needs {port!r}, which this host does not have", "tools")
    return {port: getattr(lent, port) for port in ports(function)}
