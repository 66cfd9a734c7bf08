"""All configured calendars as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, tzinfo
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from biami_engine.config import CalendarConfig, CalendarSource, EngineConfig
from biami_engine.errors import ConfigError
from biami_engine.tools.ports import Agenda, CalendarError, SlotTaken

from .caldav_server import CaldavServer
from .ics_address import IcsAddress
from .ics_files import IcsFiles
from .source import Source, WritableSource

CLOSE_SECONDS = 2.0
SOURCE_SECONDS = 12.0
"""How long one source may take; the others' answers do not wait for it."""


class HouseCalendar:
    """Fulfils `tools.ports.Calendar`."""

    def __init__(self, sources: Sequence[Source], target: WritableSource | None) -> None:
        self._sources = sources
        self._target = target
        self._booking = asyncio.Lock()

    @property
    def read_only(self) -> bool:
        return self._target is None

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        found = await asyncio.gather(*(_in_time(source, start, end) for source in self._sources))
        events = sorted(event for agenda in found for event in agenda.events)
        return Agenda(tuple(events), tuple(problem for agenda in found for problem in agenda.problems))

    async def book(self, start: datetime, end: datetime, title: str, notes: str = "") -> str:
        if self._target is None:
            raise CalendarError("The calendar is read-only: nothing can be booked.")
        async with self._booking:
            agenda = await self.agenda(start, end)
            if agenda.problems:
                raise CalendarError(" ".join(agenda.problems))
            if agenda.events:
                raise SlotTaken("This time has just been taken.")
            return await self._target.book(start, end, title, notes)

    async def close(self) -> None:
        """Sources that do not answer are left behind."""
        closing = [asyncio.wait_for(source.close(), CLOSE_SECONDS) for source in self._sources]
        await asyncio.gather(*closing, return_exceptions=True)


async def _in_time(source: Source, start: datetime, end: datetime) -> Agenda:
    try:
        async with asyncio.timeout(SOURCE_SECONDS):
            return await source.agenda(start, end)
    except CalendarError as error:
        return Agenda(problems=(str(error),))
    except TimeoutError:
        return Agenda(problems=(f"The calendar {source.name} does not answer.",))


def house_calendar(config: EngineConfig) -> HouseCalendar | None:
    """Build what `tools.calendar` describes; raises `ConfigError`. Nothing is read yet."""
    rules = config.tools.calendar
    if rules is None or not rules.sources:
        return None
    name = rules.time_zone or config.time_zone
    zone = ZoneInfo(name) if name else None
    sources: dict[str, Source] = {}
    for number, given in enumerate(rules.sources):
        _check(given, f"tools.calendar.sources.{number}")
        sources[given.name] = _source(given, rules, zone, Path(config.config_dir))
    return HouseCalendar(list(sources.values()), _target(rules, sources))


def _source(given: CalendarSource, rules: CalendarConfig, zone: tzinfo | None, folder: Path) -> Source:
    if given.kind == "caldav":
        return CaldavServer(given, zone)
    if _is_address(given):
        return IcsAddress(given.location, given.name, zone, given.username, given.password)
    return IcsFiles(folder / given.location, given.name, zone, may_begin=given.name == rules.write_to)


def _target(rules: CalendarConfig, sources: dict[str, Source]) -> WritableSource | None:
    if not rules.write_to:
        return None
    target = sources.get(rules.write_to)
    given = next((source for source in rules.sources if source.name == rules.write_to), None)
    if isinstance(target, CaldavServer) and given and given.calendar:
        return target
    if isinstance(target, IcsFiles) and given and given.location.endswith(".ics"):
        return target
    message = "must name an .ics file of this machine, or a caldav source that says which `calendar` is meant"
    raise ConfigError(message, "tools.calendar.write_to")


def _check(given: CalendarSource, path: str) -> None:
    needed = "caldav" if given.kind == "caldav" else "icalendar"
    if find_spec(needed) is None:
        raise ConfigError(f"needs the package {needed}: install it with `pip install {needed}`", path)
    if given.kind == "caldav" and not given.location.startswith(("https://", "http://")):
        raise ConfigError("must be the address of a CalDAV server, beginning with https://", path)


def _is_address(given: CalendarSource) -> bool:
    return given.location.startswith(("https://", "http://", "webcal://"))
