"""The calendars of this machine: ICS files and folders, published ICS addresses, CalDAV servers."""

from __future__ import annotations

from .house import HouseCalendar, house_calendar

__all__ = ["HouseCalendar", "house_calendar"]
