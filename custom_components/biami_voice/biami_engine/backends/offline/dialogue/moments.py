"""Days and times as they are said on the telephone, both ways. English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rapidfuzz.fuzz import ratio

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
MISHEARD = 80
"""A word this near to a weekday or month is taken for it: "Toosday"."""
EARLIEST_HOUR = 8
"""`at 3` is in the afternoon: nobody makes appointments before it."""

_HOUR = r"(?P<hour>\d{1,2})"
_PAST = r"(?P<fraction>half|quarter|\d+ minutes?|\d+) (?P<side>past|to|after|before)"
_TIMES = (
    re.compile(rf"\b{_HOUR}[:.](?P<minute>\d{{2}})(?: ?(?P<half>am|pm))?\b"),
    re.compile(rf"\b{_PAST} {_HOUR}(?: ?(?P<half>am|pm))?\b"),
    re.compile(rf"\b{_HOUR} (?P<minute>[0-5]\d) ?(?P<half>am|pm)\b"),
    re.compile(rf"\b(?:at|around|about) {_HOUR} (?P<minute>[0-5]\d)\b"),
    re.compile(rf"\b{_HOUR} ?(?P<half>am|pm)\b"),
    re.compile(rf"\b{_HOUR} (?:o'clock|oclock|o clock)\b"),
    re.compile(rf"\b(?:at|around|about|from|by) {_HOUR}(?! ?(?:st|nd|rd|th|days?|weeks?|minutes?))\b"),
)  # fmt: skip
_BARE_TIME = re.compile(rf"(?:^|\s){_HOUR}(?: (?P<minute>[0-5]\d))?(?:$|\s)")
_MONTH_DAY = re.compile(r"\b(?P<month>\w+) (?P<day>\d{1,2})(?:st|nd|rd|th)?\b")
_DAY_MONTH = re.compile(r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[a-z]\w+)\b")
_DAY_ONLY = re.compile(r"\bthe (\d{1,2})(?:st|nd|rd|th)\b(?! (?:one|option|slot|time))")


_SAID_DAY = re.compile(
    r"\b(?:on |for |by |at |in |until )?(?:the )?(?:(?:this|next|coming) )?"
    r"(?:day after tomorrow|tomorrow|today|tonight|"
    + "|".join(WEEKDAYS)
    + r"|next week|in (?:\d+|a) (?:days?|weeks?)|(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?(?:"
    + "|".join(MONTHS)
    + r") ?(?:\d{1,2}(?:st|nd|rd|th)?)?|\d{1,2}(?:st|nd|rd|th))\b"
)
_SAID_PART = re.compile(r"\b(?:in the |this |early |late )?(?:morning|afternoon|evening|noon|midday)\b|\bat$")


@dataclass(frozen=True, slots=True)
class When:
    day: date | None = None
    time: time | None = None

    def __bool__(self) -> bool:
        return self.day is not None or self.time is not None

    def over(self, other: When) -> When:
        """What is said now wins over what was said before."""
        return When(self.day or other.day, self.time or other.time)


def when_of(text: str, today: date, expected: bool = False) -> When:
    """The day and the time in normalised text. `expected`: a bare number is a time."""
    return When(_day(text, today), _time(text, expected))


def without_when(text: str) -> str:
    """Normalised text without the day and the time in it."""
    for pattern in (*_TIMES, _SAID_DAY, _SAID_PART):
        text = pattern.sub(" ", text)
    return re.sub(r"\b(?:at|on|around|about)$", "", " ".join(text.split())).strip()


def _day(text: str, today: date) -> date | None:
    if "day after tomorrow" in text:
        return today + timedelta(days=2)
    for word, days in (("tomorrow", 1), ("today", 0), ("tonight", 0)):
        if re.search(rf"\b{word}\b", text):
            return today + timedelta(days=days)
    if found := re.search(r"\bin (\d{1,3}|a) (day|week)s?\b", text):
        count = 1 if found[1] == "a" else int(found[1])
        return today + timedelta(days=count * (7 if found[2] == "week" else 1))
    return _calendar_day(text, today) or _weekday(text, today)


def _calendar_day(text: str, today: date) -> date | None:
    for found in (*_DAY_MONTH.finditer(text), *_MONTH_DAY.finditer(text)):
        month = _nearest(found["month"], MONTHS)
        if month is not None:
            return _next_date(int(found["day"]), month + 1, today)
    if found_day := _DAY_ONLY.search(text):
        number = int(found_day[1])
        same = _date(today.year, today.month, number)
        if same is not None and same >= today:
            return same
        return _date(today.year + today.month // 12, today.month % 12 + 1, number)
    return None


def _weekday(text: str, today: date) -> date | None:
    if re.search(r"\bnext week\b", text):
        return today + timedelta(days=7 - today.weekday())
    for word in text.split():
        number = _nearest(word.removesuffix("'s"), WEEKDAYS)
        if number is not None:
            return today + timedelta(days=(number - today.weekday()) % 7 or 7)
    return None


def _next_date(day: int, month: int, today: date) -> date | None:
    same = _date(today.year, month, day)
    return same if same is None or same >= today else _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(word: str, names: tuple[str, ...]) -> int | None:
    if word in names:
        return names.index(word)
    if len(word) < 6:
        return None
    best = max(names, key=lambda name: ratio(word, name))
    return names.index(best) if ratio(word, best) >= MISHEARD else None


def _time(text: str, expected: bool) -> time | None:
    if re.search(r"\b(?:noon|midday)\b", text):
        return time(12)
    for pattern in _TIMES:
        if found := pattern.search(text):
            return _moment(found.groupdict(), text)
    if expected and (bare := _BARE_TIME.search(text)):
        return _moment(bare.groupdict(), text)
    return None


def _moment(found: dict[str, str | None], text: str) -> time | None:
    hour, minute = int(found["hour"] or 0), int(found.get("minute") or 0)
    if fraction := found.get("fraction"):
        part = {"half": 30, "quarter": 15}.get(fraction) or int(fraction.split()[0])
        back = found.get("side") in ("to", "before")
        hour, minute = (hour - 1, 60 - part) if back else (hour, part)
    hour = _of_day(hour, found.get("half") or _part_of_day(text))
    return time(hour, minute) if 0 <= hour < 24 and 0 <= minute < 60 else None


def _part_of_day(text: str) -> str | None:
    if re.search(r"\b(?:afternoon|evening|tonight)\b", text):
        return "pm"
    return "am" if re.search(r"\bmorning\b", text) else None


def _of_day(hour: int, half: str | None) -> int:
    if half == "pm" or (half is None and 0 < hour < EARLIEST_HOUR):
        return hour + 12 if hour < 12 else hour
    return 0 if half == "am" and hour == 12 else hour


def spoken_day(day: date, today: date) -> str:
    """`tomorrow, Tuesday, December 1st`."""
    near = {0: "today, ", 1: "tomorrow, "}.get((day - today).days, "")
    number = f"{day.day}{'th' if day.day in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(day.day % 10, 'th')}"
    return f"{near}{WEEKDAYS[day.weekday()].capitalize()}, {MONTHS[day.month - 1].capitalize()} {number}"


def spoken_time(moment: time) -> str:
    """`2:30 PM`; a full hour without its zeros."""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{hour} {half}" if not moment.minute else f"{hour}:{moment.minute:02d} {half}"


def spoken(moment: datetime, today: date) -> str:
    return f"{spoken_day(moment.date(), today)} at {spoken_time(moment.time())}"
