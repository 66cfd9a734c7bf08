"""What tools need to know: calendars, info files, web services, and when the house is open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from ..config import CalendarConfig, CalendarSource, HttpToolConfig, InfoConfig, ToolsConfig
from . import values as v
from .sections import Section, made, mapping, named

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")

SOURCE = Section(
    {"location": v.text},
    name=v.name,
    kind=v.choice("ics", "caldav"),
    calendar=v.text,
    username=v.text,
    password=v.secret,
)


def calendar_source(value: Any) -> CalendarSource:
    """A section, or its location alone; its name is then that of the file or host."""
    given = {"location": value} if isinstance(value, str) else value
    checked = SOURCE(given)
    location = checked["location"]
    default = urlsplit(location).hostname or PurePath(location).stem
    return CalendarSource(**{"name": default, **checked})


def business_hours(value: Any) -> dict[int, tuple[tuple[time, time], ...]]:
    """`{mon-fri: "9:00-12:30, 13:30-17:00", sat: closed}`; a later line wins over an earlier one."""
    hours: dict[int, tuple[tuple[time, time], ...]] = {}
    errors: list[vol.Invalid] = []
    for days, spans in mapping(value).items():
        try:
            hours |= dict.fromkeys(_days(days), _spans(spans))
        except vol.Invalid as error:
            error.prepend([days])
            errors.append(error)
    v.raise_all(errors)
    return {day: spans for day, spans in hours.items() if spans}


def _days(value: Any) -> range:
    first, _, last = str(value).lower().partition("-")
    names = [first.strip()[:3], (last or first).strip()[:3]]
    if any(name not in DAYS for name in names) or DAYS.index(names[0]) > DAYS.index(names[1]):
        raise vol.Invalid(f"must be a day or days like mon or mon-fri, not {v.shown(value)}")
    return range(DAYS.index(names[0]), DAYS.index(names[1]) + 1)


def _spans(value: Any) -> tuple[tuple[time, time], ...]:
    if value in (None, False, "closed"):
        return ()
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(_span(part) for part in parts)


def _span(value: Any) -> tuple[time, time]:
    found = _HOURS.fullmatch(str(value).strip())
    try:
        if found is None:
            raise ValueError
        first, last = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    except ValueError:
        raise vol.Invalid(f'must be hours like "9:00-17:00" or closed, not {v.shown(value)}') from None
    if first >= last:
        raise vol.Invalid(f"{v.shown(value)} ends before it begins: midnight divides it in two days")
    return first, last


def json_object(value: Any) -> Mapping[str, Any]:
    """JSON schema of an object, as a model reads it."""
    schema = mapping(value)
    if schema and schema.get("type", "object") != "object":
        raise vol.Invalid("must be a JSON schema whose type is object")
    return schema


CALENDAR = Section(
    sources=v.listed(calendar_source),
    write_to=v.name,
    business_hours=business_hours,
    time_zone=v.time_zone,
    slot_minutes=v.whole(5, 480),
    show_titles_to=v.listed(v.text),
)
INFO = Section({"path": v.text})
HTTP_TOOL = Section(
    {"description": v.text, "url": v.text},
    parameters=json_object,
    method=v.choice("GET", "POST", "PUT", "PATCH", "DELETE"),
    headers=v.texts_by_name,
    body=lambda value: value,
    timeout_seconds=v.number(1, 60),
    result=v.text,
    preamble=v.text,
)
TOOL_SECTIONS = Section(
    calendar=made(CalendarConfig, CALENDAR),
    info=made(InfoConfig, INFO),
    http=named(lambda name, value: HttpToolConfig(name=name, **HTTP_TOOL(value))),
)
TOOLS = made(ToolsConfig, TOOL_SECTIONS)
