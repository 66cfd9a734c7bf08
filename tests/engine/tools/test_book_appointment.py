from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .conftest import House

WISH = {"start": "2026-11-25T14:30", "title": "Haircut", "name": "Anna"}


async def book(house: House, **changes: Any) -> Any:
    return await house.use("book_appointment", **{**WISH, **changes})


async def test_offered_read_back_confirmed_and_written(house: House) -> None:
    offer = await book(house, notes="short")
    assert offer["status"] == "not_booked_yet"
    assert offer["read_back"] == "Wednesday, 25 November 2026, 14:30 to 15:00: Haircut, for Anna"
    assert house.calendar.events == []
    booked = await book(house, notes="short", confirmed=True)
    assert booked == {"status": "booked", "event_id": "event-1", "appointment": offer["read_back"]}
    (event,) = house.calendar.events
    assert (event.title, f"{event.start:%Y-%m-%d %H:%M %Z}") == ("Haircut (Anna)", "2026-11-25 13:30 UTC")
    assert house.calendar.notes == ["short\nName: Anna\nNumber: +12025550123\nBooked on the telephone."]


async def test_nothing_is_booked_that_was_not_read_back(house: House) -> None:
    assert (await book(house, confirmed=True))["status"] == "not_booked_yet"
    assert (await book(house, start="2026-11-25T15:30", confirmed=True))["status"] == "not_booked_yet"
    assert (await book(house, minutes=60, confirmed=True))["status"] == "not_booked_yet"
    assert house.calendar.events == []
    assert (await book(house, title="Hair cut", confirmed=True))["status"] == "booked"


async def test_a_time_taken_between_yes_and_writing_is_not_booked_twice(house: House) -> None:
    await book(house)
    house.calendar.add("2026-11-25T14:45", "2026-11-25T15:00", "Somebody else")
    answer = await book(house, confirmed=True)
    assert answer["status"] == "taken"
    assert "Somebody else" not in str(answer)
    assert [slot["start"] for slot in answer["free_slots"]][:2] == ["2026-11-25T09:00", "2026-11-25T09:30"]
    assert len(house.calendar.events) == 1


async def test_what_is_taken_is_not_even_offered(house: House) -> None:
    house.calendar.add("2026-11-25T14:00", "2026-11-25T15:00")
    assert (await book(house))["status"] == "taken"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": "2026-11-24T10:00"}, "in the past: now it is Tuesday 2026-11-24 10:05"),
        ({"start": "2028-01-03T10:00"}, "more than a year ahead"),
        ({"start": "2026-11-25T12:45"}, "outside the opening hours of Wednesday 2026-11-25: 09:00-12:00, 13:00-17:00"),
        ({"start": "2026-11-29T10:00"}, "Sunday 2026-11-29: closed"),
        ({"start": "2026-11-25T14:30Z"}, "without an offset"),
        ({"start": "2027-03-28T02:30"}, "does not exist"),
        ({"start": "half past two"}, "must be a date and time such as"),
        ({"minutes": 2}, "5 to 1440 minutes"),
        ({"name": " "}, "Ask the caller for the name"),
        ({"title": "x" * 501}, "500 characters"),
    ],
)
async def test_what_cannot_be_booked_is_said(house: House, changes: dict[str, Any], words: str) -> None:
    assert words in await house.refused("book_appointment", **{**WISH, **changes})


async def test_a_read_only_calendar_says_so(house: House) -> None:
    house.calendar.read_only = True
    assert "read-only" in await house.refused("book_appointment", **WISH)


async def test_nothing_is_offered_while_a_calendar_cannot_be_read(house: House) -> None:
    house.calendar.problems = ("The calendar work cannot be reached.",)
    assert "work cannot be reached. So nothing can be booked" in await house.refused("book_appointment", **WISH)


async def test_a_caller_without_a_number_can_book(house: House) -> None:
    house.caller = replace(house.caller, number="")
    await book(house)
    await book(house, confirmed=True)
    assert house.calendar.notes == ["Name: Anna\nNumber: unknown\nBooked on the telephone."]
