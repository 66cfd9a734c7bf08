"""An appointment: a free time is found, what is missing is asked for, all is read back, and only a yes books it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from ..answers import ordinal_of
from ..flow import Here
from ..heard import Heard
from ..moments import When, spoken
from ..state import Form, ToolUse, Turn
from .offer import offer
from .parts import done, failed, spoken_slots, starts_of, unable

_LEAD_IN = re.compile(r"^(?:(?:it's|it is|i need|i want|i'd like|just) )?(?:(?:about|for) )?")
OFFERED = 2
"""Times named at once; more nobody keeps in mind."""
_SOONEST = ("any", "whatever", "soon", "earliest", "next", "don't mind", "don't care", "doesn't matter", "you choose")
_OTHERS = ("other", "another", "else", "later", "different", "neither", "none")


class Book:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can("check_calendar"):
            return unable(here)
        form = Form("book", fields={"title": known.get("title"), "name": here.knows.caller_name or None})
        when = known.get("when") or When()
        if when.day is None and when.time is None and not known.get("soonest"):
            return Turn(here.text("book_when"), form.ask("when", "datetime"))
        return self._with_time(form, when, here)

    # --- answers ---

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if form.asking == "when":
            return self._when(form, heard, here)
        if form.asking == "pick":
            return self._pick(form, heard, here)
        if form.asking == "title":
            return self._complete(form.ask("", "anything", title=_title(heard)), here)
        if form.asking == "name":
            return self._complete(form.ask("", "anything", name=heard.name), here) if heard.name else None
        return self._confirmed(form, heard, here) if form.asking == "confirm" else self._change(form, heard, here)

    def _when(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        when = heard.when(expected=True)
        if when:
            return self._with_time(form, when, here)
        if heard.yes is False:
            return Turn(here.text("all_right"))
        return self._search(form, here.today, here) if any(word in heard.plain for word in _SOONEST) else None

    def _pick(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        offered = [datetime.fromisoformat(text) for text in form.get("offered")]
        chosen = ordinal_of(heard.text, len(offered))
        if chosen is not None and not heard.when().time:
            return self._take(form, offered[chosen], here)
        when = heard.when(expected=True)
        fitting = [slot for slot in offered if _fits(slot, when)] if when else []
        if len(fitting) == 1:
            return self._take(form, fitting[0], here)
        if when and not fitting:
            return self._with_time(form, _on(when, offered[0].date()), here)
        if heard.yes is False or any(word in heard.plain.split() for word in _OTHERS):
            return self._offer_more(form, here)
        if heard.yes or any(word in heard.plain for word in _SOONEST):
            return self._take(form, offered[0], here) if len(offered) == 1 else Turn(here.text("book_which"), form)
        return None

    def _confirmed(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        when = heard.when()
        if when:
            return self._with_time(form, When(when.day, when.time).over(_when_of(form, when)), here)
        if heard.yes:
            return Turn(form=form.ask("booking", "anything"), tool=_booking(form, confirmed=True))
        if heard.yes is None and "change" not in heard.plain:
            return None
        return self._change(form, heard, here) or Turn(here.text("book_change"), form.ask("change", "anything"))

    def _change(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        when = heard.when(expected=form.asking == "change")
        words = heard.plain.split()
        if when:
            return self._with_time(form, when.over(_when_of(form, when)), here)
        if "name" in words:
            return Turn(here.text("book_name"), form.ask("name", "name"))
        if "about" in words or "title" in words:
            return Turn(here.text("book_title"), form.ask("title", "text"))
        if "day" in words or "time" in words or "date" in words:
            return Turn(here.text("book_other"), form.ask("when", "datetime"))
        return Turn(here.text("all_right")) if "nothing" in words else None

    # --- the calendar ---

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        if data.get("status") == "booked":
            return done(here.text("book_done", when=spoken(_start(form), here.today)))
        if data.get("status") == "not_booked_yet":
            return self._read_back(form, here)
        if data.get("status") == "taken":
            return self._offer(form, starts_of(data), f"{here.text('book_taken')} ", here)
        if "error" in data and form.get("start") and not form.get("searched"):
            return self._search(form.ask("", "anything", start=None, searched=True), _start(form).date(), here)
        return failed(data, here) if "error" in data else self._offer(form, starts_of(data), "", here)

    def _with_time(self, form: Form, when: When, here: Here) -> Turn:
        """A whole moment is asked of the calendar when it is read back; a day alone is searched."""
        if when.time is None:
            return self._search(form.ask("", "anything", start=None), when.day or here.today, here)
        day = when.day or _next_day_for(when.time, here.now)
        return self._take(form, datetime.combine(day, when.time), here)

    def _search(self, form: Form, day: date, here: Here) -> Turn:
        first = max(day, here.today).isoformat()
        arguments = {"what": "free_slots", "first_day": first}
        return Turn(form=form.ask("search", "anything"), tool=ToolUse("check_calendar", arguments))

    def _offer(self, form: Form, slots: list[datetime], before: str, here: Here) -> Turn:
        if not slots:
            again = form.ask("when", "datetime", start=None)
            return Turn(f"{before}{here.text('none_free')} {here.text('book_other')}", again)
        now, more = slots[:OFFERED], slots[OFFERED:]
        words = spoken_slots(now, here)
        if not here.knows.can("book_appointment"):
            return offer(f"{here.text('free_slots_only', slots=words)} {here.text('cannot_offer')}", "message")
        asked = form.ask("pick", "choice", offered=_texts(now), more=_texts(more), start=None, searched=False)
        return Turn(before + here.text("book_offer" if len(now) > 1 else "book_offer_one", slots=words), asked)

    def _offer_more(self, form: Form, here: Here) -> Turn:
        more = [datetime.fromisoformat(text) for text in form.get("more") or ()]
        if more:
            return self._offer(form, more, "", here)
        return Turn(here.text("book_other"), form.ask("when", "datetime"))

    # --- towards the yes ---

    def _take(self, form: Form, start: datetime, here: Here) -> Turn:
        if not here.knows.can("book_appointment"):
            return unable(here)
        return self._complete(form.ask("", "anything", start=start.isoformat(timespec="minutes")), here)

    def _complete(self, form: Form, here: Here) -> Turn:
        """Ask for what is missing; then ask the calendar, which reads it back."""
        if not form.get("title"):
            return Turn(here.text("book_title"), form.ask("title", "text"))
        if not form.get("name"):
            return Turn(here.text("book_name"), form.ask("name", "name"))
        return Turn(form=form.ask("booking", "anything"), tool=_booking(form, confirmed=False))

    def _read_back(self, form: Form, here: Here) -> Turn:
        when = spoken(_start(form), here.today)
        say = here.text("book_confirm", when=when, title=form.get("title"), name=form.get("name"))
        return Turn(say, form.ask("confirm", "yes_no"))


def _booking(form: Form, confirmed: bool) -> ToolUse:
    arguments = {"start": form.get("start"), "title": form.get("title"), "name": form.get("name")}
    return ToolUse("book_appointment", {**arguments, "confirmed": confirmed})


def _start(form: Form) -> datetime:
    return datetime.fromisoformat(form.get("start"))


def _when_of(form: Form, said: When) -> When:
    """What stays: with a new day the time, with a new time the day."""
    start = _start(form)
    return When(start.date() if said.day is None else None, start.time() if said.time is None else None)


def _fits(slot: datetime, when: When) -> bool:
    return when.day in (None, slot.date()) and when.time in (None, slot.time())


def _on(when: When, day: date) -> When:
    return When(when.day or day, when.time)


def _next_day_for(moment: time, now: datetime) -> date:
    return now.date() if moment > now.time() else now.date() + timedelta(days=1)


def _texts(slots: list[datetime]) -> list[str]:
    return [slot.isoformat(timespec="minutes") for slot in slots]


def _title(heard: Heard) -> str:
    return _LEAD_IN.sub("", heard.plain)
