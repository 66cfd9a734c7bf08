"""What a host must lend to the tools.

A tool names what it needs as a keyword-only parameter: `*, call: CallControl`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

from ..config import CalendarConfig
from ..errors import BiamiError
from ..interface import Clock, Urgency

ToolFunction = Callable[..., Any]


class SlotTaken(BiamiError):
    """The time was still free when it was offered, and is not any more."""

    code = "slot_taken"


class CalendarError(BiamiError):
    """A calendar cannot be read or written; the sentence is fit for the caller's ears."""

    code = "calendar_error"


@dataclass(frozen=True, slots=True)
class Caller:
    """The party at the far end: who called, or who was called. Empty texts where it is not known."""

    number: str = ""
    """E.164, else empty: a browser or a withheld number has none."""
    name: str = ""
    """Of the contact with this number."""
    may_see_titles: bool = False


class CallControl(Protocol):
    """The call the agent is in; plain functions that never wait."""

    def send_dtmf(self, digits: str) -> None:
        """Press keys towards the far end; characters 0-9 A-D * # and w W (pauses of 0.5 and 1 s)."""
        ...

    def announce(self, type: str, data: Mapping[str, Any]) -> None:
        """Tell every listener of the engine, as a `LiveEvent` of this call."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class CalendarEvent:
    """One occurrence that makes its owner busy. Aware times; an all-day event goes from midnight to midnight."""

    start: datetime
    end: datetime
    title: str = ""
    calendar: str = ""
    all_day: bool = False


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the readable calendars hold, in order; `problems` has a sentence for each one that could not be read."""

    events: tuple[CalendarEvent, ...] = ()
    problems: tuple[str, ...] = ()


class Calendar(Protocol):
    """All calendars of the house as one."""

    @property
    def read_only(self) -> bool: ...

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        """Everything that is not cancelled or transparent and touches [start, end)."""
        ...

    async def book(self, start: datetime, end: datetime, title: str, notes: str = "") -> str:
        """Write an event and return its id once it is stored.

        Looks for conflicts at the time of writing, whatever was found before: raises `SlotTaken`, and `CalendarError`
        where a calendar cannot be read or written.
        """
        ...


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """`source` is what a person would look for: file and heading."""

    heading: str
    text: str
    source: str


class Info(Protocol):
    """What the house has written down."""

    async def search(self, question: str, limit: int = 3) -> Sequence[InfoEntry]:
        """The best entries first; none where nothing fits."""
        ...

    async def topics(self, limit: int = 40) -> Sequence[str]:
        """The headings of what is written down."""
        ...


class Messages(Protocol):
    async def take(self, name: str, number: str, text: str, urgency: Urgency) -> str:
        """Store a message of this call, announce it and return its id."""
        ...


class Callbacks(Protocol):
    async def schedule(self, due: datetime, reason: str) -> str:
        """Promise to call this call's caller back, announce it and return its id."""
        ...


@dataclass(frozen=True, slots=True)
class HostPorts:
    """What a host brings along. `tools` are further functions by name, each behind what imports it."""

    calendar: Calendar | None = None
    info: Info | None = None
    tools: Mapping[str, Callable[[], ToolFunction]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolPorts:
    """The field's name is the tool's parameter; a port that is None cannot be asked for."""

    call: CallControl | None = None
    clock: Clock | None = None
    time_zone: tzinfo | None = None
    """Where the house stands; None: the machine's own zone."""
    caller: Caller | None = None
    calendar: Calendar | None = None
    calendar_rules: CalendarConfig | None = None
    info: Info | None = None
    messages: Messages | None = None
    callbacks: Callbacks | None = None
    contacts: Sequence[str] | None = None
    """The names a call may be passed on to; their numbers stay out of the model's sight."""
    read_backs: set[str] | None = None
    """What was read back to the caller in this call, by the key its tool gave it."""
