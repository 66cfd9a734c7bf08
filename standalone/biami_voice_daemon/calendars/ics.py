"""iCalendar text (RFC 5545) to occurrences: recurrence, exceptions, zones, all-day events, what is not busy."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from biami_engine.tools.ports import CalendarError, CalendarEvent

from .ics_blocks import IcsBlocks

if TYPE_CHECKING:  # imported late: most daemons start without a calendar
    from icalendar import Calendar
    from recurring_ical_events import CalendarQuery

MAX_BYTES = 8_000_000
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Biami Voice//EN\r\nEND:VCALENDAR\r\n"
MAX_REPETITIONS = 200_000
"""Of one rule from its beginning; a rule that repeats more often is no appointment but a mistake or an attack."""
_HORIZON = timedelta(days=2 * 366)
_PER_DAY = {"SECONDLY": 86_400, "MINUTELY": 1440, "HOURLY": 24}
_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY")
_ENDLESS = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER")
"""With these a frequent rule may fit no day at all, and would be searched to the end of time."""
_A_DAY = timedelta(days=1)

_log = logging.getLogger(__name__)


class IcsText:
    """One calendar; `zone` is where its floating times and days are at home.

    What repeats is parsed once, the rest when it is asked for.
    """

    def __init__(self, text: bytes, name: str, zone: tzinfo | None) -> None:
        self.name = name
        self._zone = zone
        self._blocks = _blocks(text, name)
        self._lasting = self._parsed(self._blocks.lasting())

    def events(self, start: datetime, end: datetime) -> list[CalendarEvent]:
        """What makes its owner busy in [start, end), in order."""
        singles = self._parsed(self._blocks.between(start.date(), end.date()))
        components = [*self._components(self._lasting, start, end), *self._components(singles, start, end)]
        found = map(self._event, components)
        return sorted(event for event in found if event and event.start < end and event.end > start)

    def _parsed(self, text: bytes) -> CalendarQuery:
        return _query(_cleaned(_calendar(text, self.name), self.name, self._zone))

    def _components(self, query: CalendarQuery, start: datetime, end: datetime) -> Iterator[Any]:
        """Days are compared in UTC by the library: a day more on each side, and the rest is decided here."""
        broken = 0
        for series in query.series:
            try:
                for occurrence in series.between(start - _A_DAY, end + _A_DAY):
                    yield occurrence.as_component(False)
            except Exception:  # whatever a broken entry makes a parser do, the others count
                broken += 1
        if broken:
            _log.warning("calendar %s: %d entries are broken and left out", self.name, broken)

    def _event(self, component: Any) -> CalendarEvent | None:
        if _not_busy(component):
            return None
        start, end = component.get("DTSTART"), component.get("DTEND")
        if start is None:
            return None
        begin = self._moment(start.dt)
        finish = self._moment(end.dt) if end is not None else begin
        all_day = not isinstance(start.dt, datetime)
        if all_day and finish <= begin:
            finish = self._moment(start.dt + _A_DAY)
        if finish <= begin:
            return None
        return CalendarEvent(begin, finish, str(component.get("SUMMARY", "")).strip(), self.name, all_day)

    def _moment(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            value = datetime.combine(value, time(0))
        return (_at_home(value, self._zone) if value.tzinfo is None else value).astimezone(UTC)


def new_event(uid: str, start: datetime, end: datetime, title: str, notes: str, stamp: datetime) -> bytes:
    """A VEVENT in UTC, so that it needs no VTIMEZONE; lines end with CRLF."""
    from icalendar import Event

    event = Event()
    event.add("UID", uid)
    event.add("DTSTAMP", stamp.astimezone(UTC))
    event.add("DTSTART", start.astimezone(UTC))
    event.add("DTEND", end.astimezone(UTC))
    event.add("SUMMARY", title)
    if notes:
        event.add("DESCRIPTION", notes)
    return bytes(event.to_ical())


def _blocks(text: bytes, name: str) -> IcsBlocks:
    if len(text) > MAX_BYTES:
        raise CalendarError(f"The calendar {name} is too large to be read.")
    try:
        return IcsBlocks(text if text.strip() else EMPTY)
    except ValueError as error:
        _log.warning("calendar %s %s", name, error)
        raise CalendarError(f"The calendar {name} is broken and cannot be read.") from None


def _calendar(text: bytes, name: str) -> Calendar:
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(text)
        assert isinstance(calendar, Calendar)
    except Exception as error:  # the parser raises what it happens to raise
        _log.warning("calendar %s: is not iCalendar: %s", name, (str(error).splitlines() or [""])[0][:200])
        raise CalendarError(f"The calendar {name} is broken and cannot be read.") from None
    return calendar


def _query(calendar: Calendar) -> CalendarQuery:
    import recurring_ical_events

    tolerant = type("Tolerant", (recurring_ical_events.CalendarQuery,), {"suppressed_errors": [Exception]})
    return recurring_ical_events.of(calendar, skip_bad_series=True, calendar_query=tolerant)


def _cleaned(calendar: Calendar, name: str, zone: tzinfo | None) -> Calendar:
    """Floating times get the zone of the house; entries that are broken or repeat without measure go."""
    kept: list[Any] = []
    for component in calendar.subcomponents:
        if component.name == "VEVENT":
            try:
                _settle(component, zone)
                _check_rules(component)
            except Exception as error:  # a broken property raises what its type happens to raise
                _log.warning("calendar %s: an entry is left out: %s", name, error)
                continue
        kept.append(component)
    calendar.subcomponents = kept
    return calendar


def _settle(event: Any, zone: tzinfo | None) -> None:
    for key in ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
        for value in _listed(event.get(key)):
            for single in value.dts if hasattr(value, "dts") else [value]:
                if isinstance(single.dt, datetime) and single.dt.tzinfo is None:
                    single.dt = _at_home(single.dt, zone)


def _check_rules(event: Any) -> None:
    start = event["DTSTART"].dt
    days = (datetime.now(UTC).date() + _HORIZON - (start.date() if isinstance(start, datetime) else start)).days
    for rule in _listed(event.get("RRULE")):
        interval = int(_first(rule.get("INTERVAL"), 1))
        often = _first(rule.get("FREQ"), "DAILY") in _OFTEN
        if interval < 1 or (often and any(key in rule for key in _ENDLESS)):
            raise ValueError("its rule may never come to an end")
        if _per_day(rule) / interval * days > MAX_REPETITIONS:
            raise ValueError("it repeats too often")


def _per_day(rule: Any) -> int:
    times = _PER_DAY.get(_first(rule.get("FREQ"), "DAILY"), 1)
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(_listed(rule.get(key))))
    return times


def _listed(value: Any) -> Sequence[Any]:
    return () if value is None else value if isinstance(value, list) else [value]


def _first(value: Any, default: Any) -> Any:
    return next(iter(_listed(value)), default)


def _not_busy(event: Any) -> bool:
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )


def _at_home(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()
