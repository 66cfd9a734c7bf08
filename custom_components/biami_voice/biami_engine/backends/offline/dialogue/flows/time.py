"""The time and the date of the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..moments import spoken_day, spoken_time
from ..state import Form, ToolUse, Turn


class Time:
    def __init__(self, which: str) -> None:
        self._which = which

    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if here.knows.can("current_time"):
            return Turn(form=Form(self._which), tool=ToolUse("current_time"))
        return self._told(here.today, here.now.time(), here)

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        return None

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        try:
            day, moment = date.fromisoformat(str(data["date"])), time.fromisoformat(str(data["time"]))
        except (KeyError, ValueError):
            day, moment = here.today, here.now.time()
        return self._told(day, moment, here)

    def _told(self, day: date, moment: time, here: Here) -> Turn:
        if self._which == "date":
            return Turn(here.text("date", day=spoken_day(day, day).removeprefix("today, ")))
        return Turn(here.text("time", time=spoken_time(moment)))
