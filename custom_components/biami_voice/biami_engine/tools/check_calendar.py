from __future__ import annotations

from datetime import date, timedelta, tzinfo
from typing import Annotated, Any, Literal

from ..config import CalendarConfig
from ..interface import Clock
from .appointments import SEARCHED_DAYS, Book, open_book, problems_of, spans_of
from .ports import Calendar, CalendarEvent, Caller
from .slots import Span, merged, open_spans, utc, whole_day, without

MAX_DAYS = 31
MAX_APPOINTMENTS = 10
FURTHEST_DAYS = 2 * 366


async def check_calendar(
    what: Annotated[
        Literal["free_slots", "days", "appointments"],
        "free_slots: the next times an appointment can be had. days: when we are busy and free, day by day. "
        "appointments: the next entries.",
    ] = "free_slots",
    first_day: Annotated[date | None, "The first day to look at; leave out for today."] = None,
    last_day: Annotated[date | None, "Only for days: the last one; leave out for the first day alone."] = None,
    minutes: Annotated[int | None, "Only for free_slots: how long the appointment lasts."] = None,
    *,
    calendar: Calendar,
    calendar_rules: CalendarConfig,
    caller: Caller,
    clock: Clock,
    time_zone: tzinfo | None,
) -> dict[str, Any]:
    """Look into the calendar. Call it before you say anything about free or busy times; times are local."""
    book = open_book(calendar, calendar_rules, clock, time_zone)
    first = first_day or book.today
    last = last_day or first
    if not book.today - timedelta(days=FURTHEST_DAYS) <= first <= book.today + timedelta(days=FURTHEST_DAYS):
        raise ValueError("The calendar does not reach that day.")
    if what == "free_slots":
        return await _free_slots(book, max(first, book.today), book.length(minutes))
    if what == "appointments":
        return await _appointments(book, first, caller)
    if not first <= last <= first + timedelta(days=MAX_DAYS - 1):
        raise ValueError(f"'last_day' must be 0 to {MAX_DAYS - 1} days after 'first_day'.")
    return await _days(book, first, last, caller)


async def _free_slots(book: Book, first: date, minutes: int) -> dict[str, Any]:
    found, agenda = await book.free_slots(first, minutes)
    answer = {"minutes": minutes, "free_slots": [book.shown(slot) for slot in found], **problems_of(agenda)}
    if not found:
        answer["note"] = f"Nothing is free in the {SEARCHED_DAYS} days from {first}."
    return answer


async def _appointments(book: Book, first: date, caller: Caller) -> dict[str, Any]:
    start = max(whole_day(first, book.zone).start, utc(book.now)) if first == book.today else None
    start = start or whole_day(first, book.zone).start
    agenda = await book.calendar.agenda(start, start + timedelta(days=SEARCHED_DAYS))
    shown = [_entry(book, event, caller) for event in agenda.events[:MAX_APPOINTMENTS]]
    return {"appointments": shown, "searched_days": SEARCHED_DAYS, **problems_of(agenda)}


async def _days(book: Book, first: date, last: date, caller: Caller) -> dict[str, Any]:
    start, end = whole_day(first, book.zone).start, whole_day(last, book.zone).end
    agenda = await book.calendar.agenda(start, end)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    answer: dict[str, Any] = {"days": [_day(book, day, spans_of(agenda)) for day in days], **problems_of(agenda)}
    if caller.may_see_titles:
        answer["entries"] = [_entry(book, event, caller) for event in agenda.events]
    return answer


def _day(book: Book, day: date, busy: list[Span]) -> dict[str, Any]:
    whole = whole_day(day, book.zone)
    opened = open_spans(day, book.rules.business_hours, book.zone)
    blocks = [
        Span(max(span.start, whole.start), min(span.end, whole.end)) for span in merged(busy) if span.touches(whole)
    ]
    return {
        "date": day.isoformat(),
        "weekday": day.strftime("%A"),
        "open": [_times(book, span, whole) for span in opened] or "closed",
        "busy": [_times(book, span, whole) for span in blocks],
        "free": [_times(book, span, whole) for span in without(opened, blocks)],
    }


def _times(book: Book, span: Span, day: Span) -> str:
    end = "24:00" if span.end == day.end else book.local(span.end).strftime("%H:%M")
    return f"{book.local(span.start).strftime('%H:%M')}-{end}"


def _entry(book: Book, event: CalendarEvent, caller: Caller) -> dict[str, Any]:
    """Who may not see titles learns when we are busy, and nothing else."""
    entry: dict[str, Any] = book.shown(Span(event.start, event.end))
    del entry["start"]
    last = book.local(event.end)
    if last.date() != book.local(event.start).date() and not event.all_day:
        entry["until"] = last.date().isoformat()
    if event.all_day:
        entry = {"weekday": entry["weekday"], "date": entry["date"], "all_day": True}
        entry["last_date"] = (last.date() - timedelta(days=1)).isoformat()
    if caller.may_see_titles:
        return {**entry, "title": event.title, "calendar": event.calendar}
    return {**entry, "title": "busy"}
