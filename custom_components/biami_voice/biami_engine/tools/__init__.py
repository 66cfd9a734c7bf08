"""What the agent may do: plain annotated functions; the host's ports are injected."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from ..errors import ConfigError
from .ports import ToolFunction

DEFAULT_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Builtin:
    """Where the function of this name lives, and what its success does to the call itself (`ToolFinished.effect`).

    `effect_data` are the members of its result that go along with the effect; `preamble` is said while it is slow.
    """

    module: str
    effect: str | None = None
    effect_data: tuple[str, ...] = ()
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    preamble: str = ""


BUILTIN_TOOLS = {
    "end_call": Builtin(".end_call", effect="end_call", timeout_seconds=5),
    "send_dtmf": Builtin(".send_dtmf", timeout_seconds=5),
    "current_time": Builtin(".current_time", timeout_seconds=5),
    "check_calendar": Builtin(".check_calendar", preamble="One moment, I look into the calendar."),
    "book_appointment": Builtin(".book_appointment", timeout_seconds=30, preamble="One moment, I write it down."),
    "get_biami_info": Builtin(".get_biami_info", preamble="One moment, I look it up."),
    "take_message": Builtin(".take_message", preamble="One moment, I write it down."),
    "transfer_call": Builtin(".transfer_call", effect="transfer", effect_data=("contact",), timeout_seconds=5),
    "schedule_callback": Builtin(".schedule_callback", preamble="One moment, I write it down."),
}
"""A tool is added with one file and one line here; it is imported when a context allows it."""


def load_tool(name: str) -> ToolFunction:
    """Import a builtin tool; raises `ConfigError` for an unknown name."""
    if name not in BUILTIN_TOOLS:
        raise ConfigError(f"unknown tool {name!r}; known: {', '.join(BUILTIN_TOOLS)}", "tools")
    return cast(ToolFunction, getattr(import_module(BUILTIN_TOOLS[name].module, __package__), name))
