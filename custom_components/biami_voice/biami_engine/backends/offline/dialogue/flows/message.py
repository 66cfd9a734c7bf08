"""A message: who, what, where to reach them; the number is read back digit by digit, and all before it is passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..numerals import spoken_digits
from ..state import Form, ToolUse, Turn
from .parts import done, failed, unable

SHORTEST_NUMBER, LONGEST_NUMBER = 3, 15
"""Digits; E.164 has at most 15."""


class Message:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can("take_message"):
            return unable(here)
        contact = known.get("contact")
        fields = {"name": here.knows.caller_name or None, "text": known.get("text"), "for": contact}
        return self._missing(Form("message", fields=fields), here)

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if form.asking == "name":
            return self._missing(form.ask("", "anything", name=heard.name), here) if heard.name else None
        if form.asking == "text":
            return self._missing(form.ask("", "anything", text=heard.said.strip()), here)
        if form.asking == "this_number":
            return self._this_number(form, heard, here)
        if form.asking == "number":
            return self._number(form, heard, here)
        if form.asking == "number_right":
            return self._number_right(form, heard, here)
        if form.asking == "confirm":
            return self._confirmed(form, heard, here)
        return self._change(form, heard, here)

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        return done(here.text("message_done")) if data.get("status") == "taken" else failed({}, here)

    def _missing(self, form: Form, here: Here) -> Turn:
        if not form.get("name"):
            return Turn(here.text("message_name"), form.ask("name", "name"))
        if not form.get("text"):
            return Turn(here.text("message_text"), form.ask("text", "text"))
        if form.get("number") is None and here.knows.caller_number:
            return Turn(here.text("message_this_number"), form.ask("this_number", "yes_no"))
        if form.get("number") is None:
            return Turn(here.text("message_number"), form.ask("number", "digits"))
        text = str(form.get("text")).rstrip(".!?")
        return Turn(here.text("message_confirm", name=form.get("name"), text=text), form.ask("confirm", "yes_no"))

    def _this_number(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if len(heard.digits) > SHORTEST_NUMBER:
            return self._number(form, heard, here)
        if heard.yes is None:
            return None
        if heard.yes:
            return self._missing(form.ask("", "anything", number=""), here)
        return Turn(here.text("message_number"), form.ask("number", "digits"))

    def _number(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if heard.yes is False or (heard.intent is not None and heard.intent.strong):
            return self._missing(form.ask("", "anything", number=""), here) if heard.yes is False else None
        if not SHORTEST_NUMBER <= len(heard.digits.lstrip("+")) <= LONGEST_NUMBER:
            return None
        say = here.text("message_number_right", digits=spoken_digits(heard.digits))
        return Turn(say, form.ask("number_right", "yes_no", heard=heard.digits))

    def _number_right(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if len(heard.digits) > SHORTEST_NUMBER:
            return self._number(form, heard, here)
        if heard.yes is None:
            return None
        if heard.yes:
            return self._missing(form.ask("", "anything", number=form.get("heard")), here)
        return Turn(here.text("message_number_again"), form.ask("number", "digits"))

    def _confirmed(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if heard.yes:
            named = f" (for {form.get('for')})" if form.get("for") else ""
            arguments = {"name": form.get("name"), "text": f"{form.get('text')}{named}"}
            if form.get("number"):
                arguments["number"] = form.get("number")
            return Turn(form=form.ask("taking", "anything"), tool=ToolUse("take_message", arguments))
        if heard.yes is None and "change" not in heard.plain:
            return None
        return self._change(form, heard, here) or Turn(here.text("message_change"), form.ask("change", "anything"))

    def _change(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        words = heard.plain.split()
        if "name" in words:
            return Turn(here.text("message_name"), form.ask("name", "name"))
        if "number" in words:
            return Turn(here.text("message_number"), form.ask("number", "digits"))
        if "message" in words or "text" in words:
            return Turn(here.text("message_text"), form.ask("text", "text"))
        return Turn(here.text("all_right")) if "nothing" in words or "cancel" in words else None
