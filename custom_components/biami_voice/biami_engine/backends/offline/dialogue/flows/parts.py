"""Turns that several matters end with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..flow import Here
from ..knowledge import listed
from ..moments import spoken
from ..state import Turn
from .offer import offer
from .small_talk import anything_else


def done(say: str) -> Turn:
    """`say` ends with asking for more."""
    return Turn(say, anything_else())


def unable(here: Here, known: str = "cannot") -> Turn:
    """Somebody can be told instead, where messages are taken."""
    if here.knows.can("take_message"):
        return offer(here.text(f"{known}_offer"), "message")
    return Turn(here.text(known))


def failed(data: Mapping[str, Any], here: Here) -> Turn:
    """A tool refused or broke: the caller hears that, and what else can be done."""
    say = here.text("failed")
    if here.knows.can("take_message"):
        return offer(f"{say} {here.text('cannot_offer')}", "message")
    return Turn(say)


def starts_of(data: Mapping[str, Any]) -> list[datetime]:
    """The free times that a calendar tool named."""
    found = data.get("free_slots") or []
    return [datetime.fromisoformat(slot["start"]) for slot in found if isinstance(slot, dict) and "start" in slot]


def spoken_slots(slots: list[datetime], here: Here) -> str:
    """A day that was named already is not named again."""
    words: list[str] = []
    for number, slot in enumerate(slots):
        same_day = number > 0 and slots[number - 1].date() == slot.date()
        words.append(spoken(slot, here.today).rpartition(" at ")[2] if same_day else spoken(slot, here.today))
    return listed(words, "or")
