"""ICS files of this machine: one, or a folder of them; read again when they change, written to in one step."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from biami_engine.tools.ports import Agenda, CalendarError, CalendarEvent, SlotTaken

from .ics import EMPTY, MAX_BYTES, IcsText, new_event
from .worker import Worker

MAX_FILES = 200
_END = b"END:VCALENDAR"


class IcsFiles:
    """A file or a folder. `may_begin`: a missing file is an empty calendar, not a problem."""

    def __init__(self, path: Path, name: str, zone: tzinfo | None, may_begin: bool = False) -> None:
        self.name = name
        self._path = path
        self._zone = zone
        self._may_begin = may_begin
        self._known: dict[Path, tuple[tuple[int, ...], IcsText | CalendarError]] = {}
        self._worker = Worker(name)

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        return await self._worker.run(self._read, start, end)

    async def book(self, start: datetime, end: datetime, title: str, notes: str) -> str:
        return await self._worker.run(self._write, start, end, title, notes)

    async def close(self) -> None:
        self._worker.close()

    def _read(self, start: datetime, end: datetime) -> Agenda:
        events: list[CalendarEvent] = []
        problems: list[str] = []
        try:
            for path in self._files():
                try:
                    events += self._calendar(path).events(start, end)
                except CalendarError as error:
                    problems.append(str(error))
        except CalendarError as error:
            problems.append(str(error))
        return Agenda(tuple(sorted(events)), tuple(problems))

    def _files(self) -> list[Path]:
        if self._path.is_dir():
            files = sorted(self._path.glob("*.ics"))
            if len(files) > MAX_FILES:
                raise CalendarError(f"The calendar {self.name} is a folder of more than {MAX_FILES} files.")
            return files
        if self._path.exists():
            return [self._path]
        if self._may_begin:
            return []
        raise CalendarError(f"The calendar {self.name} is not there.")

    def _calendar(self, path: Path) -> IcsText:
        """Parsed once for each state of the file; that it is broken is remembered as well."""
        name = self.name if path == self._path else f"{self.name}/{path.stem}"
        try:
            status = path.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if path not in self._known or self._known[path][0] != state:
                self._known[path] = (state, self._parsed(path, name))
        except OSError as error:
            raise CalendarError(f"The calendar {name} cannot be read: {error.strerror}.") from None
        found = self._known[path][1]
        if isinstance(found, CalendarError):
            raise found
        return found

    def _parsed(self, path: Path, name: str) -> IcsText | CalendarError:
        try:
            return IcsText(_bounded(path), name, self._zone)
        except CalendarError as error:
            return error

    def _write(self, start: datetime, end: datetime, title: str, notes: str) -> str:
        """Under a lock that other processes see too, on what the file holds now, and in one step."""
        path = self._path.resolve()
        try:
            with _locked(path):
                before = _bounded(path) if path.exists() else EMPTY
                if IcsText(before, self.name, self._zone).events(start, end):
                    raise SlotTaken("This time has just been taken.")
                uid = f"{uuid.uuid4()}@biami-voice"
                _replace(path, with_event(before, new_event(uid, start, end, title, notes, datetime.now(UTC))))
                return uid
        except OSError as error:
            raise CalendarError(f"The calendar {self.name} cannot be written: {error.strerror}.") from None


def with_event(text: bytes, event: bytes) -> bytes:
    """The event before the last END:VCALENDAR, in the file's own line ends; every other byte stays."""
    text = text or EMPTY
    at = text.upper().rfind(_END)
    if at < 0:
        raise CalendarError("The calendar file has no end; nothing was written.")
    line_end = b"\r\n" if b"\r\n" in text else b"\n"
    return text[:at] + event.replace(b"\r\n", line_end) + text[at:]


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The calendar itself is replaced, so that a lock on it would not last."""
    with (path.parent / f".{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, text: bytes) -> None:
    """Readers see the old file or the new one, also after a power cut."""
    temporary = path.parent / f".{path.name}.{os.getpid()}.new"
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    try:
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        temporary.unlink(missing_ok=True)
