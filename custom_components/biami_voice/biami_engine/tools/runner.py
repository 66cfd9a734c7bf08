"""Runs the tools of one call. Whatever goes wrong comes back as data: an unanswered tool leaves a model stuck.

`async def` tools run on the loop and must not block; plain functions may block and run in a thread. A thread cannot be
stopped: after a timeout its result is dropped.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from ..errors import BiamiError, ConfigError
from . import BUILTIN_TOOLS, ToolFunction, load_tool
from .arguments import ArgumentError, parse
from .ports import ToolPorts
from .schema import Schema, description, function_schema, ports

_LOGGER = logging.getLogger(__name__)

MAX_OUTPUT_CHARACTERS = 20_000
"""A longer answer would fill the model's context; about 5,000 tokens."""

OPTIONAL_PORTS = frozenset({"time_zone"})
"""Ports whose absence has a meaning of its own."""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as the model sees it."""

    name: str
    description: str
    parameters: Schema


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """`output_json` is for the backend, of a failure too; `effect` is what the call itself must now do."""

    output_json: str
    failed: bool = False
    effect: str | None = None


class ToolBox:
    """The tools one context allows. `more` are functions beyond the builtin ones, by name."""

    def __init__(self, names: Sequence[str], lent: ToolPorts, more: Mapping[str, ToolFunction] | None = None) -> None:
        more = more or {}
        self._functions = {name: more[name] if name in more else load_tool(name) for name in names}
        self._ports = {name: _ports(name, function, lent) for name, function in self._functions.items()}
        self.specs = [
            ToolDefinition(name, description(function), function_schema(function))
            for name, function in self._functions.items()
        ]
        self._effects = {name: BUILTIN_TOOLS[name].effect for name in names if name not in more}

    async def run(self, name: str, arguments_json: str, timeout_seconds: float) -> ToolOutcome:
        """Run one tool; only cancellation gets out of here as an exception."""
        function = self._functions.get(name)
        if function is None:
            return failure(f"There is no tool {name!r}.")
        try:
            arguments = parse(function, arguments_json)
            async with asyncio.timeout(timeout_seconds):
                result = await _call(function, arguments | self._ports[name])
            return ToolOutcome(_as_json(result), effect=self._effects.get(name))
        except TimeoutError:
            return failure("The tool took too long and was stopped.")
        except (ArgumentError, BiamiError, ValueError) as error:
            return failure(str(error))
        except Exception:
            _LOGGER.exception("The tool %s failed", name)
            return failure("The tool failed.")


def failure(sentence: str) -> ToolOutcome:
    return ToolOutcome(json.dumps({"error": sentence}), failed=True)


def _ports(name: str, function: ToolFunction, lent: ToolPorts) -> dict[str, Any]:
    wanted = {port: getattr(lent, port) for port in ports(function)}
    for port, value in wanted.items():
        if value is None and port not in OPTIONAL_PORTS:
            raise ConfigError(f"the tool {name!r} needs {port!r}, which this host does not have", "tools")
    return wanted


async def _call(function: ToolFunction, arguments: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(**arguments)
    return await asyncio.to_thread(function, **arguments)


def _as_json(result: Any) -> str:
    text = json.dumps(result, default=_plain, ensure_ascii=False, allow_nan=False)
    if len(text) > MAX_OUTPUT_CHARACTERS:
        raise ValueError("The answer is too long; ask for less.")
    return text


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"a tool cannot return {type(value).__name__}")
