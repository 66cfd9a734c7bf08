"""What the agent may do: plain annotated functions; the host's ports are injected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from ..errors import ConfigError

ToolFunction = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Builtin:
    """Where the function of this name lives, and what its success does to the call itself (`ToolFinished.effect`)."""

    module: str
    effect: str | None = None


BUILTIN_TOOLS = {
    "end_call": Builtin(".end_call", effect="end_call"),
    "send_dtmf": Builtin(".send_dtmf"),
    "current_time": Builtin(".current_time"),
}
"""A tool is added with one file and one line here; it is imported when a context allows it."""


def load_tool(name: str) -> ToolFunction:
    """Import a builtin tool; raises `ConfigError` for an unknown name."""
    if name not in BUILTIN_TOOLS:
        raise ConfigError(f"unknown tool {name!r}; known: {', '.join(BUILTIN_TOOLS)}", "tools")
    return cast(ToolFunction, getattr(import_module(BUILTIN_TOOLS[name].module, __package__), name))
