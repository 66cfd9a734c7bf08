"""A question whose yes leads somewhere: "would you like to leave a message?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..state import Form, Turn
from .small_talk import goodbye


def offer(say: str, then: str, **known: Any) -> Turn:
    """Yes begins the matter `then` with what is known."""
    return Turn(say, Form("offer", "then", "yes_no", {"then": then, "known": known}))


class Offer:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        return Turn(here.text("go_on"))

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if heard.means("thanks") and form.asking == "else":
            return goodbye(here.text("goodbye"), here)
        opened = heard.intent is not None and heard.intent.open and len(heard.plain.split()) > 3
        if heard.yes is None or (opened and not heard.yes):
            return None
        then = form.get("then") if heard.yes else form.get("else")
        if not heard.yes and len(heard.correction.split()) > 2 and heard.intent is not None:
            return None  # "no, but what are your opening hours?"
        if then == "goodbye":
            return goodbye(here.text("goodbye"), here)
        if not then:
            return Turn(here.text("go_on" if heard.yes else "all_right"))
        from . import FLOWS  # the table needs this flow first

        return FLOWS[then].begin(form.get("known") or {}, here)

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        return Turn()
