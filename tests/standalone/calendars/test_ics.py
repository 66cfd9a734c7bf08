"""What a calendar file means: recurrence, exceptions, zones, days, and what does not make its owner busy."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from biami_engine.tools.ports import CalendarError
from biami_voice_daemon.calendars.ics import MAX_BYTES, IcsText, new_event

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK_ZONE = """\
BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:20251102T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20250309T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*events: str, head: str = "") -> bytes:
    bodies = "".join(
        f"BEGIN:VEVENT\nUID:{n}@test\nDTSTAMP:20260101T000000Z\n{body}\nEND:VEVENT\n" for n, body in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{head}{bodies}END:VCALENDAR\n".encode()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def found(text: bytes, start: str = "2026-11-23", end: str = "2026-11-30") -> list[str]:
    events = IcsText(text, "family", BERLIN).events(utc(start), utc(end))
    return [f"{e.start:%m-%d %H:%M}-{e.end:%m-%d %H:%M} {e.title}".strip() for e in events]


def test_a_single_event_in_utc() -> None:
    text = calendar("DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nSUMMARY:Dentist\\, upstairs")
    assert found(text) == ["11-24 09:00-11-24 10:00 Dentist, upstairs"]


def test_zones_of_the_system_and_of_the_file() -> None:
    text = calendar(
        "DTSTART;TZID=Europe/Berlin:20261124T090000\nDURATION:PT45M\nSUMMARY:a",
        "DTSTART;TZID=Office:20261124T090000\nDTEND;TZID=Office:20261124T093000\nSUMMARY:b",
        head=NEW_YORK_ZONE,
    )
    assert found(text) == ["11-24 08:00-11-24 08:45 a", "11-24 14:00-11-24 14:30 b"]


def test_floating_times_are_at_home() -> None:
    text = calendar("DTSTART:20261124T090000\nDTEND:20261124T100000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261125T090000")
    assert found(text) == ["11-24 08:00-11-24 09:00", "11-26 08:00-11-26 09:00"]


def test_a_series_keeps_its_local_time_over_the_change_of_the_clocks() -> None:
    text = calendar("DTSTART;TZID=Europe/Berlin:20261019T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY")
    assert found(text, "2026-10-18", "2026-11-04") == [
        "10-19 07:00-10-19 08:00",
        "10-26 08:00-10-26 09:00",
        "11-02 08:00-11-02 09:00",
    ]


def test_exceptions_moves_and_cancelled_occurrences() -> None:
    series = "DTSTART;TZID=Europe/Berlin:20261123T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nSUMMARY:Stand-up\n"
    text = (
        calendar(series + "EXDATE;TZID=Europe/Berlin:20261124T090000")
        .decode()
        .replace(
            "END:VCALENDAR",
            "BEGIN:VEVENT\nUID:0@test\nRECURRENCE-ID;TZID=Europe/Berlin:20261125T090000\n"
            "DTSTART;TZID=Europe/Berlin:20261125T150000\nDURATION:PT30M\nSUMMARY:Moved\nEND:VEVENT\n"
            "BEGIN:VEVENT\nUID:0@test\nRECURRENCE-ID;TZID=Europe/Berlin:20261126T090000\nSTATUS:CANCELLED\n"
            "DTSTART;TZID=Europe/Berlin:20261126T090000\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR",
        )
    )
    assert found(text.encode()) == [
        "11-23 08:00-11-23 09:00 Stand-up",
        "11-25 14:00-11-25 14:30 Moved",
        "11-27 08:00-11-27 09:00 Stand-up",
    ]


def test_whole_days_are_days_of_the_house() -> None:
    text = calendar(
        "DTSTART;VALUE=DATE:20261124\nSUMMARY:one",
        "DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261128\nSUMMARY:two",
    )
    assert found(text) == ["11-23 23:00-11-24 23:00 one", "11-25 23:00-11-27 23:00 two"]
    assert all(event.all_day for event in IcsText(text, "x", BERLIN).events(utc("2026-11-23"), utc("2026-11-30")))
    assert found(text, "2026-11-24T23:00", "2026-11-25T23:00") == []


def test_what_does_not_make_busy() -> None:
    when = "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\n"
    text = calendar(
        when + "STATUS:CANCELLED",
        when + "TRANSP:TRANSPARENT",
        when + "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "DTSTART:20261124T090000Z\nSUMMARY:no length",
        when + "TRANSP:OPAQUE\nSTATUS:TENTATIVE\nSUMMARY:busy",
    )
    assert found(text) == ["11-24 09:00-11-24 10:00 busy"]


def test_a_long_event_that_began_before_counts() -> None:
    text = calendar("DTSTART:20261101T090000Z\nDTEND:20261224T100000Z\nSUMMARY:journey")
    assert found(text) == ["11-01 09:00-12-24 10:00 journey"]


@pytest.mark.parametrize(
    "broken",
    [
        "DTSTART:tomorrow\nDTEND:20261124T100000Z",
        "DTSTART:20261124T090000Z\nDURATION:P1Y2Z",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=SOMETIMES",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=never",
        "SUMMARY:when?",
        "DTSTART:20261124T090000Z\nDTEND:20261124T080000Z\nSUMMARY:backwards",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0",
        "DTSTART:20261124T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        "DTSTART:19010101T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY;BYMINUTE=1,2,3,4,5,6,7,8",
        "DTSTART;TZID=Mars/Base:20261124T110000\nRRULE:FREQ=DAILY;INTERVAL=0\nDURATION:PT1H",
    ],
)
def test_a_broken_entry_leaves_the_others_alone(broken: str) -> None:
    text = calendar(broken, "DTSTART:20261125T090000Z\nDTEND:20261125T100000Z\nSUMMARY:good")
    assert "11-25 09:00-11-25 10:00 good" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        b"<html>Sign in</html>",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
        b"\x00\xff\xfe" * 100,
        b"BEGIN:VTODO\nEND:VTODO\n",
        b"x" * (MAX_BYTES + 1),
    ],
    ids=["a web page", "cut off", "not text", "no calendar", "huge"],
)
def test_what_is_no_calendar_is_said_in_a_sentence(text: bytes) -> None:
    with pytest.raises(CalendarError, match=r"The calendar family .*read\."):
        IcsText(text, "family", BERLIN)


def test_an_empty_file_is_an_empty_calendar() -> None:
    assert found(b"\n") == []


def test_a_new_event_survives_its_own_reading() -> None:
    event = new_event(
        "1@x", utc("2026-11-24T09:00"), utc("2026-11-24T09:30"), "Tea; cake, \\ and\nmilk", "Name: Ä", utc("2026-01-01")
    )
    text = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + event + b"END:VCALENDAR\r\n"
    assert event.endswith(b"END:VEVENT\r\n")
    assert found(text) == ["11-24 09:00-11-24 09:30 Tea; cake, \\ and\nmilk"]
