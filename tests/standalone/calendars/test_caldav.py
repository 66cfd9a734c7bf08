"""CalDAV against Radicale."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from zoneinfo import ZoneInfo

import pytest

from biami_engine.config import CalendarSource
from biami_engine.tools.ports import CalendarError, SlotTaken
from biami_voice_daemon.calendars.caldav_server import CaldavServer

from .conftest import at, ics, utc

ZONE = ZoneInfo("Europe/Berlin")
DAY = (utc("2026-11-24"), utc("2026-11-25"))


def source(url: str, **changes: str) -> CalendarSource:
    return CalendarSource(
        **{"location": url, "name": "work", "kind": "caldav", "username": "anna", "password": "secret", **changes}
    )


@pytest.fixture
async def work(radicale: str) -> AsyncIterator[CaldavServer]:
    server = CaldavServer(source(radicale, calendar="work"), ZONE)
    yield server
    await server.close()


async def test_events_and_series_are_read(work: CaldavServer, put: Callable[[str, str], None]) -> None:
    put("single", ics(at("20261124T100000", "20261124T110000", "Dentist")).replace("0@test", "single"))
    series = "DTSTART;TZID=Europe/Berlin:20261101T080000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Run"
    put("series", ics(series).replace("0@test", "series"))
    put("free", ics(at("20261124T120000", "20261124T130000") + "\r\nTRANSP:TRANSPARENT").replace("0@test", "free"))
    agenda = await work.agenda(*DAY)
    assert agenda.problems == ()
    assert [f"{event.start:%H:%M} {event.title}" for event in agenda.events] == ["07:00 Run", "10:00 Dentist"]


async def test_a_booking_is_stored_and_makes_busy(work: CaldavServer) -> None:
    slot = (utc("2026-12-01T14:00"), utc("2026-12-01T14:30"))
    uid = await work.book(*slot, "Haircut (Anna)", "Number: unknown")
    assert uid.endswith("@biami-voice")
    agenda = await work.agenda(utc("2026-12-01T14:15"), utc("2026-12-01T14:20"))
    assert [event.title for event in agenda.events][-1:] == ["Haircut (Anna)"]
    with pytest.raises(SlotTaken):
        await work.book(*slot, "Another", "")


async def test_all_calendars_of_an_account(radicale: str) -> None:
    server = CaldavServer(source(radicale), ZONE)
    assert (await server.agenda(*DAY)).problems == ()
    await server.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "The calendar work refuses our name and password."),
        ({"calendar": "private"}, "The server of work has no calendar 'private'."),
        ({"location": "http://127.0.0.1:1/"}, "The calendar work cannot be reached."),
    ],
)
async def test_what_goes_wrong_is_a_sentence(radicale: str, changes: dict[str, str], words: str) -> None:
    server = CaldavServer(source(radicale, **{"calendar": "work", **changes}), ZONE)
    assert (await server.agenda(*DAY)).problems == (words,)
    with pytest.raises(CalendarError, match="work"):
        await server.book(*DAY, "x", "")
    await server.close()
