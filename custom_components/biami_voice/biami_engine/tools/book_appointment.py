from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Any

from ..config import CalendarConfig
from ..interface import Clock
from .appointments import Book, open_book
from .ports import Calendar, CalendarError, Caller, SlotTaken
from .slots import Span, local_time, open_spans, utc

FURTHEST_DAYS = 366
MAX_TEXT = 500


async def book_appointment(
    start: Annotated[datetime, "The local start, such as 2026-01-31T14:30."],
    title: Annotated[str, "What it is about, in a few words."],
    name: Annotated[str, "Whom it is for."],
    minutes: Annotated[int | None, "How long; leave out for the usual length."] = None,
    notes: Annotated[str, "What else should be known; may be empty."] = "",
    confirmed: Annotated[bool, "True only after the caller has said yes to the appointment you read back."] = False,
    *,
    calendar: Calendar,
    calendar_rules: CalendarConfig,
    caller: Caller,
    clock: Clock,
    time_zone: tzinfo | None,
    read_backs: set[str],
) -> dict[str, Any]:
    """Book an appointment, in two steps. First call it without `confirmed`, read the answer's `read_back` to the caller
    and ask for a clear yes. Then call it again with `confirmed` true. It is booked when you get an `event_id`."""
    book = open_book(calendar, calendar_rules, clock, time_zone)
    if calendar.read_only:
        raise CalendarError("The calendar is read-only: nothing can be booked. Offer to take a message instead.")
    begin = local_time(start, book.zone)
    span = Span(begin, begin + timedelta(minutes=book.length(minutes)))
    _check(book, span)
    _short(title, name, notes)
    when = f"{span.start:%Y%m%dT%H%M}-{span.end:%H%M}"
    if not confirmed or when not in read_backs:
        return await _offer(book, span, title, name, when, read_backs)
    try:
        event_id = await calendar.book(span.start, span.end, f"{title} ({name})", _notes(notes, name, caller))
    except SlotTaken:
        return await _taken(book, span)
    return {"status": "booked", "event_id": event_id, "appointment": _read_back(book, span, title, name)}


def _check(book: Book, span: Span) -> None:
    if span.start < utc(book.now):
        raise ValueError(f"That time is in the past: now it is {book.local(book.now):%A %Y-%m-%d %H:%M}.")
    if span.start > utc(book.now) + timedelta(days=FURTHEST_DAYS):
        raise ValueError("That is more than a year ahead.")
    day = book.local(span.start).date()
    opened = open_spans(day, book.rules.business_hours, book.zone)
    if not any(span.within(hours) for hours in opened):
        hours = ", ".join(f"{book.local(h.start):%H:%M}-{book.local(h.end):%H:%M}" for h in opened) or "closed"
        raise ValueError(f"That is outside the opening hours of {day:%A %Y-%m-%d}: {hours}.")


def _short(*texts: str) -> None:
    if not texts[0].strip() or not texts[1].strip():
        raise ValueError("Ask the caller for the name and for what it is about.")
    if any(len(text) > MAX_TEXT for text in texts):
        raise ValueError(f"Texts may have {MAX_TEXT} characters.")


async def _offer(book: Book, span: Span, title: str, name: str, when: str, read_backs: set[str]) -> dict[str, Any]:
    """Nothing is written yet; but what is taken already need not be read back."""
    agenda = await book.calendar.agenda(span.start, span.end)
    if agenda.problems:
        raise CalendarError(f"{' '.join(agenda.problems)} So nothing can be booked now; offer to take a message.")
    if agenda.events:
        return await _taken(book, span)
    read_backs.add(when)
    return {
        "status": "not_booked_yet",
        "read_back": _read_back(book, span, title, name),
        "next": "Read this back, ask for a clear yes, then call again with the same values and confirmed true.",
    }


async def _taken(book: Book, span: Span) -> dict[str, Any]:
    day: date = book.local(span.start).date()
    others, _ = await book.free_slots(max(day, book.today), round(span.minutes))
    return {
        "status": "taken",
        "note": "This time is not free. Nothing was booked. Offer one of the others.",
        "free_slots": [book.shown(slot) for slot in others],
    }


def _read_back(book: Book, span: Span, title: str, name: str) -> str:
    start, end = book.local(span.start), book.local(span.end)
    return f"{start:%A}, {start.day} {start:%B %Y}, {start:%H:%M} to {end:%H:%M}: {title}, for {name}"


def _notes(notes: str, name: str, caller: Caller) -> str:
    lines = [notes.strip(), f"Name: {name}", f"Number: {caller.number or 'unknown'}", "Booked on the telephone."]
    return "\n".join(line for line in lines if line)
