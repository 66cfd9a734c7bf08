"""A promise to call back, at a time that was read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..moments import When, spoken
from ..state import Form, ToolUse, Turn
from .book import _next_day_for
from .message import Message
from .parts import done, failed

MORNING = datetime(2000, 1, 1, 9).time()


class Callback:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can("schedule_callback") or not here.knows.caller_number:
            return Message().begin({}, here)  # somebody reads it and calls
        form = Form("callback")
        when = known.get("when") or When()
        return self._at(form, when, here) if when else Turn(here.text("callback_when"), form.ask("when", "datetime"))

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if form.asking == "about":
            return self._confirm(form.ask("confirm", "yes_no", reason=heard.plain), here)
        when = heard.when(expected=form.asking == "when")
        if when:
            return self._at(form, when, here)
        if form.asking == "when":
            return Turn(here.text("all_right")) if heard.yes is False else None
        if heard.yes is None:
            return None
        if not heard.yes:
            return Turn(here.text("callback_when"), form.ask("when", "datetime"))
        arguments = {"due": form.get("due"), "reason": form.get("reason")}
        return Turn(form=form.ask("promising", "anything"), tool=ToolUse("schedule_callback", arguments))

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        if data.get("status") == "scheduled":
            return done(here.text("callback_done", when=spoken(_due(form), here.today)))
        return failed(data, here)

    def _at(self, form: Form, when: When, here: Here) -> Turn:
        moment = when.time or MORNING
        day = when.day or _next_day_for(moment, here.now)
        asked = form.ask("about", "text", due=datetime.combine(day, moment).isoformat(timespec="minutes"))
        return self._confirm(asked, here) if form.get("reason") else Turn(here.text("callback_about"), asked)

    def _confirm(self, form: Form, here: Here) -> Turn:
        say = here.text("callback_confirm", when=spoken(_due(form), here.today), reason=form.get("reason"))
        return Turn(say, form.ask("confirm", "yes_no"))


def _due(form: Form) -> datetime:
    return datetime.fromisoformat(form.get("due"))
