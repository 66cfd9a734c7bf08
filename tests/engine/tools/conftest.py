"""A house for tools: a clock that stands, a calendar in memory, and everything a tool may be lent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from biami_engine.config import CalendarConfig
from biami_engine.interface import Urgency
from biami_engine.tools.ports import Agenda, CalendarEvent, Caller, InfoEntry, SlotTaken, ToolPorts
from biami_engine.tools.runner import ToolBox

ZONE = ZoneInfo("Europe/Berlin")
RULES = CalendarConfig(
    business_hours={
        **{day: ((time(9), time(12)), (time(13), time(17))) for day in range(4)},
        4: ((time(9), time(12)),),
        5: ((time(22), time(0)),),
    }
)


class StandingClock:
    """Tuesday, 24 November 2026, 10:05 in Berlin."""

    def wall(self) -> datetime:
        return datetime(2026, 11, 24, 9, 5, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep_until(self, when: float) -> None:
        raise NotImplementedError

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:
        raise NotImplementedError


@dataclass
class MemoryCalendar:
    """Fulfils the port as a host does: conflicts are looked for when it writes."""

    events: list[CalendarEvent] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    read_only: bool = False
    notes: list[str] = field(default_factory=list)

    def add(self, start: str, end: str, title: str = "Dentist", all_day: bool = False) -> None:
        self.events.append(CalendarEvent(local(start), local(end), title, "family", all_day))

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        found = sorted(event for event in self.events if event.start < end and event.end > start)
        return Agenda(tuple(found), self.problems)

    async def book(self, start: datetime, end: datetime, title: str, notes: str = "") -> str:
        if (await self.agenda(start, end)).events:
            raise SlotTaken("This time has just been taken.")
        self.events.append(CalendarEvent(start, end, title, "family"))
        self.notes.append(notes)
        return f"event-{len(self.events)}"


@dataclass
class MemoryDesk:
    taken: list[tuple[str, str, str, Urgency]] = field(default_factory=list)
    promised: list[tuple[datetime, str]] = field(default_factory=list)

    async def take(self, name: str, number: str, text: str, urgency: Urgency) -> str:
        self.taken.append((name, number, text, urgency))
        return "msg_1"

    async def schedule(self, due: datetime, reason: str) -> str:
        self.promised.append((due, reason))
        return "cb_1"


class SmallInfo:
    async def search(self, question: str, limit: int = 3) -> Sequence[InfoEntry]:
        hours = InfoEntry("Opening hours", "9 to 5. " + "x" * 5000, "firm.md, “Opening hours”")
        return [hours] if "open" in question else []

    async def topics(self, limit: int = 40) -> Sequence[str]:
        return ["Opening hours"]


class Silent:
    def send_dtmf(self, digits: str) -> None:
        raise NotImplementedError

    def announce(self, type: str, data: Mapping[str, Any]) -> None:
        raise NotImplementedError


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class House:
    calendar: MemoryCalendar = field(default_factory=MemoryCalendar)
    desk: MemoryDesk = field(default_factory=MemoryDesk)
    caller: Caller = Caller("+12025550123", "anna")
    contacts: tuple[str, ...] = ("Anna", "Anna Schmidt", "Front desk")
    rules: CalendarConfig = RULES
    read_backs: set[str] = field(default_factory=set)

    async def use(self, tool: str, /, **arguments: Any) -> Any:
        """What a model reads after it called the tool."""
        lent = ToolPorts(
            call=Silent(),
            clock=StandingClock(),
            time_zone=ZONE,
            caller=self.caller,
            calendar=self.calendar,
            calendar_rules=self.rules,
            info=SmallInfo(),
            messages=self.desk,
            callbacks=self.desk,
            contacts=self.contacts,
            read_backs=self.read_backs,
        )
        return json.loads((await ToolBox([tool], lent).run(tool, json.dumps(arguments), 5)).output_json)

    async def refused(self, tool: str, /, **arguments: Any) -> str:
        return str((await self.use(tool, **arguments))["error"])


@pytest.fixture
def house() -> House:
    return House()
