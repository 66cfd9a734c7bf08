"""What is not parsed must not matter: the short way finds what the long way finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biami_voice_daemon.calendars.ics import IcsText
from biami_voice_daemon.calendars.ics_blocks import IcsBlocks

BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 3, 28, tzinfo=UTC)
"""The clocks change in the night that follows."""
ZONES = ("Z", "", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin")
ALARM = (
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nREPEAT:1\r\nDURATION:PT5M\r\nEND:VALARM\r\n"
)

moments = st.integers(-6 * 48, 6 * 48).map(lambda halves: DAY.replace(tzinfo=None) + timedelta(minutes=30 * halves))


@st.composite
def events(draw: st.DrawFn) -> tuple[str, bool]:
    """An entry without its end, and whether it is about whole days."""
    start, zone, alarm = draw(moments), draw(st.sampled_from(ZONES)), draw(st.booleans())
    whole = draw(st.booleans())
    length = timedelta(minutes=30 * draw(st.integers(1, 300)))
    lasts = draw(st.sampled_from(("end", "duration", "folded")))
    if whole:
        days = length.days + 1
        text = f"DTSTART;VALUE=DATE:{start:%Y%m%d}\r\n"
        ends = [f"DTEND;VALUE=DATE:{start + timedelta(days=days):%Y%m%d}\r\n", f"DURATION:P{days}D\r\n"]
    else:
        key = f";TZID={zone}" if "/" in zone else ""
        mark = "Z" if zone == "Z" else ""
        text = f"DTSTART{key}:{start:%Y%m%dT%H%M%S}{mark}\r\n"
        hours, minutes = length.seconds // 3600, length.seconds // 60 % 60
        ends = [
            f"DTEND{key}:{start + length:%Y%m%dT%H%M%S}{mark}\r\n",
            f"DURATION:P{length.days}DT{hours}H{minutes}M0S\r\n",
        ]
    chosen = ends[lasts != "end"]
    if lasts == "folded":
        chosen = chosen[:5] + "\r\n " + chosen[5:]
    return (ALARM if alarm else "") + text + chosen, whole


def calendar(given_events: list[tuple[str, bool]], more: tuple[str, str] = ("", "")) -> bytes:
    bodies = (
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{n}\r\n{more[whole]}{text}END:VEVENT\r\n"
        for n, (text, whole) in enumerate(given_events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(bodies)}END:VCALENDAR\r\n".encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), max_size=12), st.integers(-96, 96), st.integers(1, 200))
def test_the_short_way_finds_what_the_long_way_finds(found: list[tuple[str, bool]], offset: int, length: int) -> None:
    start = DAY + timedelta(minutes=30 * offset)
    end = start + timedelta(minutes=30 * length)
    short = IcsText(calendar(found), "x", BERLIN)
    # An exception that is never met makes an entry one that may repeat, which is always parsed.
    never = ("EXDATE:19700101T000000Z\r\n", "EXDATE;VALUE=DATE:19700101\r\n")
    long = IcsText(calendar(found, never), "x", BERLIN)
    assert len(IcsBlocks(calendar(found)).singles) == len(found)
    assert not IcsBlocks(calendar(found, never)).singles
    assert short.events(start, end) == long.events(start, end)


def test_only_what_may_matter_is_parsed() -> None:
    text = calendar([(f"DTSTART:2026{month:02}01T100000Z\r\nDURATION:PT1H\r\n", False) for month in range(1, 13)])
    blocks = IcsBlocks(text)
    assert blocks.lasting().count(b"BEGIN:VEVENT") == 0
    assert blocks.between(DAY.date(), DAY.date()).count(b"BEGIN:VEVENT") == 0
    assert blocks.between(DAY.date(), DAY.date() + timedelta(days=3)).count(b"BEGIN:VEVENT") == 1


@pytest.mark.parametrize("text", [b"", b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"])
def test_what_is_cut_off_is_no_calendar(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"calendar|end"):
        IcsBlocks(text)
