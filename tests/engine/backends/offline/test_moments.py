from __future__ import annotations

from datetime import date, datetime, time

import pytest

from biami_engine.backends.offline.dialogue.moments import When, spoken, when_of, without_when
from biami_engine.backends.offline.dialogue.numerals import normalised

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "day", "moment"),
    [
        ("tomorrow", date(2026, 11, 25), None),
        ("the day after tomorrow at noon", date(2026, 11, 26), time(12)),
        ("on Tuesday", date(2026, 12, 1), None),
        ("Friday at three thirty", date(2026, 11, 27), time(15, 30)),
        ("Thursday at 9 a.m.", date(2026, 11, 26), time(9)),
        ("the third of December", date(2026, 12, 3), None),
        ("December 3rd, half past ten", date(2026, 12, 3), time(10, 30)),
        ("on the first", date(2026, 12, 1), None),
        ("in two weeks", date(2026, 12, 8), None),
        ("next week", date(2026, 11, 30), None),
        ("a quarter to five", None, time(16, 45)),
        ("eight o'clock in the evening", None, time(20)),
        ("the first of February", date(2027, 2, 1), None),
        ("February thirtieth", None, None),
        ("I may come", None, None),
        ("on Wensday", date(2026, 11, 25), None),
    ],
)
def test_days_and_times(said: str, day: date | None, moment: time | None) -> None:
    assert when_of(normalised(said), TUESDAY) == When(day, moment)


def test_a_bare_number_is_a_time_only_where_one_is_expected() -> None:
    assert when_of("3", TUESDAY) == When()
    assert when_of("3", TUESDAY, expected=True) == When(None, time(15))


@pytest.mark.parametrize(
    "said", ["book an appointment on Friday at 3 pm", "book an appointment tomorrow", "book an appointment for the 3rd"]
)
def test_a_wish_without_its_moment(said: str) -> None:
    assert without_when(normalised(said)) == "book an appointment"


def test_a_moment_as_it_is_spoken() -> None:
    assert spoken(datetime(2026, 11, 25, 14, 30), TUESDAY) == "tomorrow, Wednesday, November 25th at 2:30 PM"
    assert spoken(datetime(2026, 12, 1, 9), TUESDAY) == "Tuesday, December 1st at 9 AM"
