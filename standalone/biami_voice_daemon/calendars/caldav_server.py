"""Calendars on a CalDAV server (RFC 4791). The client library blocks: it works in a thread."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from biami_engine.config import CalendarSource
from biami_engine.tools.ports import Agenda, CalendarError, CalendarEvent, SlotTaken

from .ics import IcsText, new_event
from .worker import Worker

TIMEOUT_SECONDS = 10
MAX_OBJECTS = 5000
_A_DAY = timedelta(days=1)

_log = logging.getLogger(__name__)


class CaldavServer:
    """One calendar of an account, or all of them. The connection is kept; a failure closes it."""

    def __init__(self, source: CalendarSource, zone: tzinfo | None) -> None:
        self.name = source.name
        self._source = source
        self._zone = zone
        self._calendars: list[Any] | None = None
        self._client: Any = None
        self._worker = Worker(source.name)

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        try:
            return Agenda(tuple(await self._worker.run(self._guarded, self._read, start, end)))
        except CalendarError as error:
            return Agenda(problems=(str(error),))

    async def book(self, start: datetime, end: datetime, title: str, notes: str) -> str:
        return str(await self._worker.run(self._guarded, self._write, start, end, title, notes))

    def _guarded(self, work: Any, *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except (CalendarError, SlotTaken):
            raise
        except Exception as error:  # the library raises its own, its HTTP client's and lxml's errors
            self._close()
            _log.warning("calendar %s: %s: %s", self.name, type(error).__name__, _short(error))
            raise CalendarError(f"The calendar {self.name} {_what(error)}.") from None

    def _read(self, start: datetime, end: datetime) -> list[CalendarEvent]:
        """The server picks what may matter; what recurs when is decided by the same code as for files."""
        events: list[CalendarEvent] = []
        for calendar in self._open():
            found = calendar.search(event=True, start=start - _A_DAY, end=end + _A_DAY, expand=False, post_filter=False)
            if len(found) > MAX_OBJECTS:
                raise CalendarError(f"The calendar {self.name} has too many entries.")
            for entry in found:
                try:
                    events += IcsText(str(entry.data).encode(), self.name, self._zone).events(start, end)
                except CalendarError:
                    continue  # logged there; the others count
        return sorted(events)

    def _write(self, start: datetime, end: datetime, title: str, notes: str) -> str:
        if self._read(start, end):
            raise SlotTaken("This time has just been taken.")
        uid = f"{uuid.uuid4()}@biami-voice"
        event = new_event(uid, start, end, title, notes, datetime.now(UTC))
        head = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Biami Voice//EN\r\n"
        (calendar,) = self._open()
        calendar.add_event((head + event + b"END:VCALENDAR\r\n").decode())
        return uid

    def _open(self) -> list[Any]:
        if self._calendars is None:
            from caldav.davclient import DAVClient

            source = self._source
            self._client = DAVClient(
                url=source.location,
                username=source.username or None,
                password=source.password or None,
                timeout=TIMEOUT_SECONDS,
                enable_rfc6764=False,
                require_tls=source.location.startswith("https://"),
            )
            every = self._client.principal().calendars()
            chosen = [one for one in every if not source.calendar or source.calendar in _names(one)]
            if not chosen:
                raise CalendarError(f"The server of {self.name} has no calendar {source.calendar!r}.")
            self._calendars = chosen
        return self._calendars

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._calendars = None

    async def close(self) -> None:
        await self._worker.run(self._close)
        self._worker.close()


def _names(calendar: Any) -> set[str]:
    """A person writes what the calendar is called, or the last part of its address."""
    return {str(calendar.get_display_name()), str(calendar.url).rstrip("/").rpartition("/")[2]}


def _what(error: Exception) -> str:
    return "refuses our name and password" if type(error).__name__ == "AuthorizationError" else "cannot be reached"


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
