"""What the two calendar tools have in common: the clock of the calendar, its words, and its free time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from ..config import CalendarConfig
from ..interface import Clock
from .ports import Agenda, Calendar
from .slots import Span, open_spans, slots, utc, without

SEARCHED_DAYS = 28
"""How far ahead free times are looked for."""
SLOTS_PER_DAY = 3
OFFERED_SLOTS = 6
"""More choices nobody keeps in mind on the telephone."""
MINUTES = range(5, 24 * 60 + 1)


@dataclass(frozen=True, slots=True)
class Book:
    """The calendar as a tool looks at it now."""

    calendar: Calendar
    rules: CalendarConfig
    now: datetime
    zone: tzinfo | None

    @property
    def today(self) -> date:
        return self.local(self.now).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def length(self, minutes: int | None) -> int:
        chosen = self.rules.slot_minutes if minutes is None else minutes
        if chosen not in MINUTES:
            raise ValueError(f"An appointment lasts {MINUTES[0]} to {MINUTES[-1]} minutes.")
        return chosen

    async def free_slots(self, first: date, minutes: int, days: int = SEARCHED_DAYS) -> tuple[list[Span], Agenda]:
        """The next times that can be had, at most a few of a day."""
        opened = [span for day in _days(first, days) for span in open_spans(day, self.rules.business_hours, self.zone)]
        ahead = [Span(max(span.start, utc(self.now)), span.end) for span in opened if span.end > utc(self.now)]
        if not ahead:
            return [], Agenda()
        agenda = await self.calendar.agenda(ahead[0].start, ahead[-1].end)
        free = without(ahead, spans_of(agenda))
        found = (slot for day in self._by_day(slots(free, minutes)) for slot in day[:SLOTS_PER_DAY])
        return list(islice(found, OFFERED_SLOTS)), agenda

    def _by_day(self, found: Iterator[Span]) -> Iterator[list[Span]]:
        of_day: list[Span] = []
        for slot in found:
            if of_day and self.local(slot.start).date() != self.local(of_day[0].start).date():
                yield of_day
                of_day = []
            of_day.append(slot)
        if of_day:
            yield of_day

    def shown(self, span: Span) -> dict[str, str]:
        """A span as the model reads it; `start` can be handed to `book_appointment`."""
        start, end = self.local(span.start), self.local(span.end)
        return {
            "weekday": start.strftime("%A"),
            "date": start.date().isoformat(),
            "from": start.strftime("%H:%M"),
            "to": end.strftime("%H:%M"),
            "start": start.strftime("%Y-%m-%dT%H:%M"),
        }


def open_book(calendar: Calendar, rules: CalendarConfig, clock: Clock, zone: tzinfo | None) -> Book:
    return Book(calendar, rules, clock.wall(), ZoneInfo(rules.time_zone) if rules.time_zone else zone)


def spans_of(agenda: Agenda) -> list[Span]:
    return [Span(utc(event.start), utc(event.end)) for event in agenda.events]


def problems_of(agenda: Agenda) -> dict[str, Any]:
    """What has to be said where a calendar is out of reach: the rest may not be the whole truth."""
    return {"could_not_be_checked": list(agenda.problems)} if agenda.problems else {}


def _days(first: date, count: int) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range(count)]
