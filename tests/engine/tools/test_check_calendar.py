from __future__ import annotations

from dataclasses import replace
from typing import Any

from biami_engine.tools.ports import Caller

from .conftest import House


def starts(answer: dict[str, Any]) -> list[str]:
    return [slot["start"] for slot in answer["free_slots"]]


async def test_the_next_free_times_lie_in_business_hours_and_after_now(house: House) -> None:
    house.calendar.add("2026-11-24T10:30", "2026-11-24T11:40")
    answer = await house.use("check_calendar")
    assert starts(answer) == [
        "2026-11-24T13:00",
        "2026-11-24T13:30",
        "2026-11-24T14:00",
        "2026-11-25T09:00",
        "2026-11-25T09:30",
        "2026-11-25T10:00",
    ]
    assert answer["free_slots"][0] == {
        "weekday": "Tuesday",
        "date": "2026-11-24",
        "from": "13:00",
        "to": "13:30",
        "start": "2026-11-24T13:00",
    }


async def test_a_slot_begins_at_a_quarter_and_fits_into_what_is_left(house: House) -> None:
    house.calendar.add("2026-11-24T10:30", "2026-11-24T11:10")
    assert starts(await house.use("check_calendar", minutes=45))[0] == "2026-11-24T11:15"
    assert starts(await house.use("check_calendar", minutes=60))[0] == "2026-11-24T13:00"
    assert starts(await house.use("check_calendar", minutes=240))[:1] == ["2026-11-24T13:00"]


async def test_hours_may_end_at_midnight(house: House) -> None:
    answer = await house.use("check_calendar", what="days", first_day="2026-11-28")
    assert answer["days"] == [
        {"date": "2026-11-28", "weekday": "Saturday", "open": ["22:00-24:00"], "busy": [], "free": ["22:00-24:00"]}
    ]


async def test_a_day_is_open_busy_and_free(house: House) -> None:
    house.calendar.add("2026-11-25T08:00", "2026-11-25T09:30")
    house.calendar.add("2026-11-25T09:00", "2026-11-25T10:00", "Call")
    house.calendar.add("2026-11-25T23:00", "2026-11-26T01:00", "Party")
    house.calendar.add("2026-11-28T00:00", "2026-11-30T00:00", "Trip", all_day=True)
    answer = await house.use("check_calendar", what="days", first_day="2026-11-25", last_day="2026-11-29")
    wednesday, thursday, friday, saturday, sunday = answer["days"]
    assert wednesday["busy"] == ["08:00-10:00", "23:00-24:00"]
    assert wednesday["free"] == ["10:00-12:00", "13:00-17:00"]
    assert thursday["busy"] == ["00:00-01:00"]
    assert (friday["open"], friday["free"]) == (["09:00-12:00"], ["09:00-12:00"])
    assert (saturday["busy"], saturday["free"]) == (["00:00-24:00"], [])
    assert sunday["open"] == "closed"
    assert "entries" not in answer


async def test_the_day_of_the_change_of_the_clocks_is_whole(house: House) -> None:
    house.calendar.add("2027-03-28T00:00", "2027-03-29T00:00", all_day=True)
    answer = await house.use("check_calendar", what="days", first_day="2027-03-28", last_day="2027-03-29")
    assert [day["busy"] for day in answer["days"]] == [["00:00-24:00"], []]


async def test_titles_are_for_those_who_may_see_them(house: House) -> None:
    house.calendar.add("2026-11-25T08:00", "2026-11-25T09:30", "Doctor")
    house.calendar.add("2026-11-26T00:00", "2026-11-28T00:00", "Trip", all_day=True)
    house.calendar.add("2026-11-24T08:00", "2026-11-24T09:00", "over already")
    hidden = await house.use("check_calendar", what="appointments")
    assert "Doctor" not in str(hidden)
    assert [entry["title"] for entry in hidden["appointments"]] == ["busy", "busy"]
    house.caller = replace(house.caller, may_see_titles=True)
    seen = (await house.use("check_calendar", what="appointments"))["appointments"]
    assert seen == [
        {
            "weekday": "Wednesday",
            "date": "2026-11-25",
            "from": "08:00",
            "to": "09:30",
            "title": "Doctor",
            "calendar": "family",
        },
        {
            "weekday": "Thursday",
            "date": "2026-11-26",
            "all_day": True,
            "last_date": "2026-11-27",
            "title": "Trip",
            "calendar": "family",
        },
    ]
    days = await house.use("check_calendar", what="days", first_day="2026-11-25")
    assert [entry["title"] for entry in days["entries"]] == ["Doctor"]


async def test_a_calendar_out_of_reach_is_said(house: House) -> None:
    house.calendar.problems = ("The calendar work cannot be reached.",)
    for what in ("free_slots", "days", "appointments"):
        answer = await house.use("check_calendar", what=what)
        assert answer["could_not_be_checked"] == ["The calendar work cannot be reached."], what


async def test_nothing_free_is_said(house: House) -> None:
    house.calendar.add("2026-11-01T00:00", "2027-06-01T00:00", "Sabbatical")
    answer = await house.use("check_calendar")
    assert answer["free_slots"] == []
    assert answer["note"] == "Nothing is free in the 28 days from 2026-11-24."


async def test_a_house_that_never_opens_has_no_free_time(house: House) -> None:
    house.rules = replace(house.rules, business_hours={})
    assert (await house.use("check_calendar"))["free_slots"] == []


async def test_the_calendar_may_have_a_clock_of_its_own(house: House) -> None:
    house.rules = replace(house.rules, time_zone="America/New_York")
    assert starts(await house.use("check_calendar"))[0] == "2026-11-24T09:00"


async def test_questions_without_measure_are_refused(house: House) -> None:
    assert "5 to 1440 minutes" in await house.refused("check_calendar", minutes=0)
    assert "does not reach" in await house.refused("check_calendar", first_day="9999-12-31")
    assert "does not reach" in await house.refused("check_calendar", what="days", first_day="0001-01-01")
    assert "0 to 30 days" in await house.refused(
        "check_calendar", what="days", first_day="2026-11-24", last_day="2027-11-24"
    )
    assert "0 to 30 days" in await house.refused(
        "check_calendar", what="days", first_day="2026-11-24", last_day="2026-11-23"
    )


async def test_past_days_offer_nothing(house: House) -> None:
    house.caller = Caller()
    assert starts(await house.use("check_calendar", first_day="2026-11-01"))[0] == "2026-11-24T10:15"
