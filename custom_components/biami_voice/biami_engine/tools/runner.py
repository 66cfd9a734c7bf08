"""Runs the tools of one call. Whatever goes wrong comes back as data: an unanswered tool leaves a model stuck.

A thread cannot be stopped: after a timeout the result of a tool that runs in one is dropped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

from ..errors import BiamiError
from .arguments import ArgumentError
from .ports import ToolFunction, ToolPorts
from .tool import Tool, builtin_tool, foreign_tool

_LOGGER = logging.getLogger(__name__)

MAX_OUTPUT_CHARACTERS = 20_000
"""A longer answer would fill the model's context; about 5,000 tokens."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """`output_json` is for the backend, of a failure too; `effect` is what the call itself must now do, with `data`."""

    output_json: str
    failed: bool = False
    effect: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class ToolBox:
    """The tools one context allows. `more` are tools and functions beyond the builtin ones, `preambles` the context's
    own words for slow ones, both by name."""

    def __init__(
        self,
        names: Sequence[str],
        lent: ToolPorts,
        more: Mapping[str, ToolFunction | Tool] | None = None,
        preambles: Mapping[str, str] | None = None,
    ) -> None:
        self._tools = {name: _tool(name, lent, more or {}) for name in names}
        self.specs = [
            replace(tool.definition, preamble=(preambles or {}).get(name, tool.definition.preamble))
            for name, tool in self._tools.items()
        ]

    async def run(self, name: str, arguments_json: str, timeout_seconds: float | None = None) -> ToolOutcome:
        """Run one tool within its own deadline, or a shorter one; only cancellation gets out as an exception."""
        tool = self._tools.get(name)
        if tool is None:
            return failure(f"There is no tool {name!r}.")
        seconds = tool.definition.timeout_seconds
        try:
            async with asyncio.timeout(seconds if timeout_seconds is None else min(seconds, timeout_seconds)):
                result = await tool.call(arguments_json)
            return ToolOutcome(
                _as_json(result), effect=tool.effect, data={key: result[key] for key in tool.effect_data}
            )
        except TimeoutError:
            return failure("The tool took too long and was stopped.")
        except (ArgumentError, BiamiError, ValueError) as error:
            return failure(str(error))
        except Exception:
            _LOGGER.exception("The tool %s failed", name)
            return failure("The tool failed.")


def failure(sentence: str) -> ToolOutcome:
    return ToolOutcome(json.dumps({"error": sentence}, ensure_ascii=False), failed=True)


def _tool(name: str, lent: ToolPorts, more: Mapping[str, ToolFunction | Tool]) -> Tool:
    if name not in more:
        return builtin_tool(name, lent)
    given = more[name]
    return foreign_tool(name, given, lent) if callable(given) else given


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
