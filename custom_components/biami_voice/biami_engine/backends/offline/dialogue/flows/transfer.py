"""Passing the caller on to a person, by name and after a yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..knowledge import called
from ..state import Form, ToolUse, Turn
from .offer import offer
from .parts import failed, unable


class Transfer:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        names = here.knows.contacts
        if not here.knows.can("transfer_call") or not names:
            if here.knows.can("take_message"):
                return offer(here.text("transfer_nobody"), "message")
            return unable(here)
        contact = known.get("contact") or (names[0] if len(names) == 1 else None)
        if contact not in names:
            return Turn(here.text("transfer_who"), Form("transfer", "contact", "choice"))
        return self._ask(str(contact), here)

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if heard.contact and heard.contact != form.get("contact"):
            return self._ask(heard.contact, here)
        if heard.yes is False:
            return Turn(here.text("all_right"))
        if form.asking == "confirm" and heard.yes:
            contact = form.get("contact")
            use = ToolUse("transfer_call", {"contact": contact})
            return Turn(here.text("transfer_doing", contact=called(contact)), form.ask("doing", "anything"), use)
        return None

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        return Turn() if data.get("status") == "transferring" else failed(data, here)

    def _ask(self, contact: str, here: Here) -> Turn:
        say = here.text("transfer_confirm", contact=called(contact))
        return Turn(say, Form("transfer", "confirm", "yes_no", {"contact": contact}))
