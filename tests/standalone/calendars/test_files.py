"""Files and folders: changes are seen, broken ones are named, and a booking leaves the rest as it was."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from aiohttp import web

from biami_engine.config import CalendarConfig, CalendarSource, EngineConfig, ToolsConfig
from biami_engine.errors import ConfigError
from biami_engine.tools.ports import CalendarError, SlotTaken
from biami_voice_daemon.calendars import HouseCalendar, house_calendar
from biami_voice_daemon.calendars.ics import EMPTY
from biami_voice_daemon.calendars.ics_files import with_event
from biami_voice_daemon.calendars.worker import MAX_WAITING

from .conftest import at, ics, utc

DAY = (utc("2026-11-24"), utc("2026-11-25"))
SLOT = (utc("2026-11-24T14:00"), utc("2026-11-24T14:30"))


def house(folder: Path, *sources: str | CalendarSource, write_to: str = "") -> HouseCalendar:
    given = tuple(s if isinstance(s, CalendarSource) else CalendarSource(s, Path(s).stem or s) for s in sources)
    rules = CalendarConfig(given, write_to, time_zone="Europe/Berlin")
    calendar = house_calendar(EngineConfig(tools=ToolsConfig(calendar=rules), config_dir=str(folder)))
    assert calendar is not None
    return calendar


async def titles(calendar: HouseCalendar) -> list[str]:
    agenda = await calendar.agenda(*DAY)
    assert agenda.problems == ()
    return [f"{event.calendar}: {event.title}" for event in agenda.events]


async def test_several_calendars_are_one(tmp_path: Path) -> None:
    (tmp_path / "family.ics").write_text(ics(at("20261124T100000", "20261124T110000", "Dentist")))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "club.ics").write_text(ics(at("20261124T080000", "20261124T090000", "Run")))
    (tmp_path / "more" / "notes.txt").write_text("not a calendar")
    assert await titles(house(tmp_path, "family.ics", "more")) == ["more/club: Run", "family: Dentist"]


async def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "family.ics"
    file.write_text(ics())
    calendar = house(tmp_path, "family.ics")
    assert await titles(calendar) == []
    file.write_text(ics(at("20261124T100000", "20261124T110000", "Dentist")))
    assert await titles(calendar) == ["family: Dentist"]
    before = file.stat()
    file.write_text(ics(at("20261124T100000", "20261124T110000", "Doctors")))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert await titles(calendar) == ["family: Doctors"]


async def test_a_bad_source_is_a_sentence_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "good.ics").write_text(ics(at("20261124T100000", "20261124T110000")))
    (tmp_path / "cut.ics").write_text(ics(at("20261124T100000", "20261124T110000"))[:-20])
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "bad.ics").write_text("<html>")
    (tmp_path / "mixed" / "fine.ics").write_text(ics(at("20261124T120000", "20261124T130000")))
    agenda = await house(tmp_path, "good.ics", "cut.ics", "gone.ics", "mixed").agenda(*DAY)
    assert [event.calendar for event in agenda.events] == ["good", "mixed/fine"]
    assert agenda.problems == (
        "The calendar cut is broken and cannot be read.",
        "The calendar gone is not there.",
        "The calendar mixed/bad is broken and cannot be read.",
    )


async def test_a_booking_adds_its_event_and_changes_no_other_byte(tmp_path: Path) -> None:
    file = tmp_path / "family.ics"
    odd = (
        "BEGIN:VCALENDAR\nX-ODD;A=b:  spaces \nBEGIN:VEVENT\nUID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T110000Z\n"
    )
    file.write_text(odd + "SUMMARY:fol\n ded ä\nEND:VEVENT\nEND:VCALENDAR\n", encoding="utf-8")
    file.chmod(0o600)
    before = file.read_bytes()
    calendar = house(tmp_path, "family.ics", write_to="family")
    uid = await calendar.book(*SLOT, "Haircut (Anna)", "Number: +12025550123")
    after = file.read_bytes()
    at_end = before.rindex(b"END:VCALENDAR")
    assert after.startswith(before[:at_end])
    assert after.endswith(before[at_end:])
    assert b"\r" not in after
    assert f"UID:{uid}\n".encode() in after
    assert file.stat().st_mode & 0o777 == 0o600
    assert await titles(calendar) == ["family: folded ä", "family: Haircut (Anna)"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".family.ics.lock", "family.ics"]


async def test_the_first_booking_makes_the_file(tmp_path: Path) -> None:
    calendar = house(tmp_path, "new.ics", write_to="new")
    assert await titles(calendar) == []
    await calendar.book(*SLOT, "Haircut")
    assert await titles(calendar) == ["new: Haircut"]
    assert b"\r\nBEGIN:VEVENT\r\n" in (tmp_path / "new.ics").read_bytes()


async def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "family.ics").write_bytes(EMPTY)
    (tmp_path / "family.ics").symlink_to(tmp_path / "real" / "family.ics")
    await house(tmp_path, "family.ics", write_to="family").book(*SLOT, "Haircut")
    assert (tmp_path / "family.ics").is_symlink()
    assert b"Haircut" in (tmp_path / "real" / "family.ics").read_bytes()


async def test_two_callers_cannot_have_the_same_time(tmp_path: Path) -> None:
    calendars = [house(tmp_path, "family.ics", write_to="family") for _ in range(2)]
    bookings = [calendar.book(*SLOT, "Haircut") for calendar in calendars for _ in range(5)]
    results = await asyncio.gather(*bookings, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, SlotTaken) for result in results) == 9
    assert (tmp_path / "family.ics").read_bytes().count(b"BEGIN:VEVENT") == 1


async def test_processes_wait_for_each_other(tmp_path: Path) -> None:
    """Each books times of its own; without the lock one would overwrite what the other wrote."""
    code = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from biami_voice_daemon.calendars.ics_files import IcsFiles
async def main(n):
    file = IcsFiles(Path(sys.argv[1]), "family", UTC, True)
    for k in range(20):
        start = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=2 * k + n)
        await file.book(start, start + timedelta(minutes=30), f"{n}-{k}", "")
asyncio.run(main(int(sys.argv[2])))
"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "family.ics")]
    running = [await asyncio.create_subprocess_exec(*arguments, str(n)) for n in range(2)]
    assert [await asyncio.wait_for(process.wait(), 60) for process in running] == [0, 0]
    assert (tmp_path / "family.ics").read_bytes().count(b"BEGIN:VEVENT") == 40


async def test_a_time_that_another_calendar_has_is_taken(tmp_path: Path) -> None:
    (tmp_path / "family.ics").write_text(ics(at("20261124T141500", "20261124T150000")))
    with pytest.raises(SlotTaken):
        await house(tmp_path, "family.ics", "work.ics", write_to="work").book(*SLOT, "Haircut")
    assert not (tmp_path / "work.ics").exists()


async def test_nothing_is_booked_while_a_calendar_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "family.ics").write_text("broken")
    with pytest.raises(CalendarError, match="The calendar family is broken"):
        await house(tmp_path, "family.ics", "work.ics", write_to="work").book(*SLOT, "Haircut")


async def test_a_house_without_a_calendar_to_write_to_is_read_only(tmp_path: Path) -> None:
    calendar = house(tmp_path, "family.ics")
    assert calendar.read_only
    with pytest.raises(CalendarError, match="read-only"):
        await calendar.book(*SLOT, "Haircut")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (CalendarSource("folder", "x"), "must name an .ics file"),
        (CalendarSource("https://example.org/x.ics", "x"), "must name an .ics file"),
        (CalendarSource("https://example.org/", "x", "caldav"), "which `calendar` is meant"),
        (CalendarSource("calendar.example.org", "x", "caldav"), "address of a CalDAV server"),
    ],
)
def test_what_cannot_be_written_to_is_a_fault_of_the_configuration(
    tmp_path: Path, source: CalendarSource, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        house(tmp_path, source, write_to="x")


async def test_a_source_that_hangs_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """A pipe that nobody writes to stands for a share that is gone: reading it never comes back."""
    os.mkfifo(tmp_path / "hangs.ics")
    (tmp_path / "good.ics").write_text(ics(at("20261124T100000", "20261124T110000", "Dentist")))
    hanging = house(tmp_path, "hangs.ics")
    waiting = [asyncio.ensure_future(hanging.agenda(*DAY)) for _ in range(MAX_WAITING + 1)]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert [question.result().problems for question in done] == [("The calendar hangs is busy.",)]
        assert await titles(house(tmp_path, "good.ics")) == ["good: Dentist"]
    finally:
        for question in waiting:
            question.cancel()
        await hanging.close()
        (tmp_path / "hangs.ics").write_bytes(b"")


def test_a_file_without_an_end_is_not_written_to() -> None:
    with pytest.raises(CalendarError, match="nothing was written"):
        with_event(b"BEGIN:VCALENDAR\n", b"")


async def test_a_published_calendar(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/gone.ics":
            return web.Response(status=404)
        return web.Response(text=ics(at("20261124T100000", "20261124T110000", "Holiday")))

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        calendar = house(
            tmp_path,
            CalendarSource(f"{url}/holidays.ics", "holidays"),
            CalendarSource(f"{url}/gone.ics", "gone"),
            CalendarSource("http://127.0.0.1:1/x.ics", "off"),
        )
        for _ in range(2):
            agenda = await calendar.agenda(*DAY)
            assert [event.title for event in agenda.events] == ["Holiday"]
            assert agenda.problems == (
                "The calendar gone cannot be read: status 404.",
                "The calendar off cannot be reached.",
            )
        assert asked.count("/holidays.ics") == 1
    finally:
        await runner.cleanup()
