"""How long the first and every later question to a calendar and to info files takes: `python bench/look_ups.py`.

The first one parses; the daemon asks it at the start. Later ones work on what was parsed.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from biami_voice_daemon.calendars.ics_files import IcsFiles
from biami_voice_daemon.info import InfoFiles

ROUNDS = 20
DAY = datetime(2026, 11, 24, tzinfo=UTC)


def calendar(events: int) -> str:
    """One in fifty recurs twice a week since 2020."""
    times = [DAY + timedelta(hours=5 * (n - events // 2)) for n in range(events)]
    single = (
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}\r\nDURATION:PT1H\r\n"
        f"SUMMARY:Event {n}\r\nEND:VEVENT\r\n"
        for n, start in enumerate(times)
    )
    series = (
        f"BEGIN:VEVENT\r\nUID:r{n}\r\nDTSTART;TZID=Europe/Berlin:20200101T{n % 24:02}0000\r\nDURATION:PT1H\r\n"
        f"RRULE:FREQ=WEEKLY;BYDAY=MO,WE\r\nSUMMARY:Series {n}\r\nEND:VEVENT\r\n"
        for n in range(events // 50)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(single)}{''.join(series)}END:VCALENDAR\r\n"


def info(entries: int) -> str:
    return "".join(
        f"## Topic {n}\nSome words about thing{n}: opening, delivery, {n} dollars.\n" for n in range(entries)
    )


async def lateness_of_frames(work: Awaitable[object]) -> float:
    """By how many ms a frame of 20 ms is late at worst while the work goes on: what a running call would notice."""
    worst, done = 0.0, asyncio.ensure_future(work)
    while not done.done():
        begin = time.perf_counter()
        await asyncio.sleep(0.02)
        worst = max(worst, (time.perf_counter() - begin) * 1000 - 20)
    return worst


async def measure(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - begin) * 1000)
    later = sorted(times[1:])
    worst = later[round(0.95 * (len(later) - 1))]
    print(f"{name:32} first {times[0]:8.1f} ms   later {statistics.median(later):7.1f} ms   p95 {worst:7.1f} ms")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for events in (100, 1000, 5000):
            file = Path(folder, f"{events}.ics")
            file.write_text(calendar(events))
            ics = IcsFiles(file, "x", ZoneInfo("Europe/Berlin"))
            await measure(f"calendar of {events}, 28 days", lambda ics=ics: ics.agenda(DAY, DAY + timedelta(days=28)))
            await measure(f"calendar of {events}, 1 hour", lambda ics=ics: ics.agenda(DAY, DAY + timedelta(hours=1)))
            await ics.close()
        again = IcsFiles(Path(folder, "5000.ics"), "x", ZoneInfo("Europe/Berlin"))
        late = await lateness_of_frames(again.agenda(DAY, DAY + timedelta(days=28)))
        print(f"while a calendar of 5000 is parsed, a frame of a running call is at most {late:.1f} ms late")
        for entries in (50, 1000):
            path = Path(folder, f"{entries}.md")
            path.write_text(info(entries))
            files = InfoFiles(path)
            await measure(f"info files of {entries} entries", lambda files=files: files.search("delivery of thing7"))


if __name__ == "__main__":
    asyncio.run(main())
