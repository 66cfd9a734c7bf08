"""What every kind of calendar can do."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from biami_engine.tools.ports import Agenda


class Source(Protocol):
    """One configured source. Whatever goes wrong with it is a problem in its `Agenda`, never an exception."""

    @property
    def name(self) -> str: ...

    async def agenda(self, start: datetime, end: datetime) -> Agenda: ...
    async def close(self) -> None: ...


class WritableSource(Source, Protocol):
    async def book(self, start: datetime, end: datetime, title: str, notes: str) -> str:
        """Return the event's id once it is stored; raises `SlotTaken` and `CalendarError`."""
        ...
