"""Answers that open no matter."""

from __future__ import annotations

from ..flow import Here
from ..state import Form, ToolUse, Turn

TALK = ("greet", "how_are_you", "help", "robot", "emergency", "thanks", "goodbye", "wait", "repeat", "cancel")
_TEXTS = {"help": "help_start", "cancel": "all_right", "repeat": "nothing_to_repeat"}


def small_talk(intent: str, here: Here) -> Turn:
    if intent == "goodbye":
        return goodbye(here.text("goodbye"), here)
    form = anything_else() if intent == "thanks" else None
    return Turn(here.text(_TEXTS.get(intent, intent)), form)


def goodbye(words: str, here: Here) -> Turn:
    """The call ends once this was heard; without the tool for it the caller hangs up."""
    ends = here.knows.can("end_call")
    return Turn(words, tool=ToolUse("end_call", {"reason": "the conversation is over"}) if ends else None)


def anything_else() -> Form:
    """After something was done: no ends the call, yes goes on."""
    return Form("offer", "else", "yes_no", {"else": "goodbye"})
