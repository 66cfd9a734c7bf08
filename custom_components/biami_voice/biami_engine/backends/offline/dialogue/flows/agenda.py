"""What is in the calendar; who may not see titles hears when it is busy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..moments import spoken_day, spoken_time
from ..state import Form, ToolUse, Turn
from .parts import done, failed, unable

MOST_ENTRIES = 3


class Agenda:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can("check_calendar"):
            return unable(here)
        arguments: dict[str, Any] = {"what": "appointments"}
        if (when := known.get("when")) and when.day:
            arguments["first_day"] = when.day.isoformat()
        return Turn(form=Form("agenda"), tool=ToolUse("check_calendar", arguments))

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        return None

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        if "appointments" not in data:
            return failed(data, here)
        entries = [_entry(entry, here) for entry in data["appointments"][:MOST_ENTRIES]]
        if not entries:
            return done(here.text("agenda_empty"))
        return done(here.text("agenda", entries=". ".join(entries)))


def _entry(entry: Mapping[str, Any], here: Here) -> str:
    day = spoken_day(date.fromisoformat(entry["date"]), here.today).capitalize()
    moment = f" at {spoken_time(time.fromisoformat(entry['from']))}" if entry.get("from") else ""
    return f"{day}{moment}: {entry.get('title', 'busy')}"
