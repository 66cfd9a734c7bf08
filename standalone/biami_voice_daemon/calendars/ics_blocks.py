"""iCalendar text cut into its entries, without parsing them.

Parsing makes thousands of objects out of a large calendar and holds up every running call meanwhile. Most entries are
single ones, long ago: their days can be told from the text, and only what may matter is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_FOLD = re.compile(rb"\r?\n[ \t]")
_EVENT = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?\n.*?^END:VEVENT[ \t]*\r?$\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_ZONE = re.compile(
    rb"^BEGIN:VTIMEZONE[ \t]*\r?\n.*?^END:VTIMEZONE[ \t]*\r?$\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_BEGIN = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?BEGIN:VCALENDAR[ \t]*\r?\n(.*?)^(?:BEGIN|END):", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_REPEATS = re.compile(rb"^(?:RRULE|RDATE|RECURRENCE-ID|EXDATE)[:;]", re.MULTILINE | re.IGNORECASE)
_DAY = rb"[:;][^\r\n]*?:?(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?)?[ \t]*\r?$"
_START = re.compile(rb"^DTSTART" + _DAY, re.MULTILINE | re.IGNORECASE)
_END = re.compile(rb"^DTEND" + _DAY, re.MULTILINE | re.IGNORECASE)
_DURATION = re.compile(
    rb"^DURATION[^:\r\n]*:\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?[0-9MS]*)?[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
_LASTS = re.compile(rb"^DURATION[:;]", re.MULTILINE | re.IGNORECASE)
_MARGIN = timedelta(days=2)
"""Zones move a time by up to a day."""


@dataclass(frozen=True, slots=True)
class Single:
    """An entry of known days."""

    first: date
    last: date
    text: bytes


class IcsBlocks:
    """`ValueError` where the text is no calendar, or has no end."""

    def __init__(self, text: bytes) -> None:
        text = _FOLD.sub(b"", text)
        head = _HEAD.match(text)
        if head is None or not text.upper().rstrip().endswith(b"END:VCALENDAR"):
            raise ValueError("is no calendar, or is cut off")
        blocks = _EVENT.findall(text)
        if len(blocks) != len(_BEGIN.findall(text)):
            raise ValueError("has an entry without an end")
        self._head = b"BEGIN:VCALENDAR\r\n" + head[1] + b"".join(dict.fromkeys(_ZONE.findall(text)))
        self.singles: list[Single] = []
        self._others: list[bytes] = []
        for block in blocks:
            single = _single(block)
            if single is None:
                self._others.append(block)
            else:
                self.singles.append(single)

    def lasting(self) -> bytes:
        """A calendar of what repeats, and of all whose days cannot be told."""
        return self._calendar(iter(self._others))

    def between(self, first: date, last: date) -> bytes:
        """A calendar of the single entries that may touch these days."""
        first, last = first - _MARGIN, last + _MARGIN
        return self._calendar(s.text for s in self.singles if s.first <= last and s.last >= first)

    def _calendar(self, blocks: Iterator[bytes]) -> bytes:
        return self._head + b"".join(block.rstrip() + b"\r\n" for block in blocks) + b"END:VCALENDAR\r\n"


def _single(block: bytes) -> Single | None:
    start, end = _START.search(block), _END.search(block)
    durations = [_days(match) for match in _DURATION.finditer(block)]
    if start is None or _REPEATS.search(block) or len(durations) < len(_LASTS.findall(block)):
        return None
    try:
        first = _date(start)
        last = _date(end) if end else first + max(durations, default=timedelta(0))
    except (ValueError, OverflowError):
        return None
    return Single(min(first, last), max(first, last), block)


def _days(duration: re.Match[bytes]) -> timedelta:
    """Rounded up."""
    weeks, days, hours = (int(number or 0) for number in duration.groups())
    return timedelta(weeks=weeks, days=days + 1, hours=hours)


def _date(match: re.Match[bytes]) -> date:
    year, month, day = map(int, match.groups())
    return date(year, month, day)
