"""Something does not work: one written step at a time, then a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..state import Form, ToolUse, Turn
from .look_up import TOOL, near_heading
from .offer import offer
from .parts import done, unable

MOST_STEPS = 3
_DONE = ("done", "did", "finished", "ready", "next", "okay", "ok", "have", "tried", "checked", "already", "continue")
_SOLVED = ("works", "working", "helped", "fixed", "solved", "fine", "better", "good", "great", "perfect")
_NOT = re.compile(r"\b(?:not|no|n't|still|doesn't|didn't|isn't|won't|nothing|worse)\b")


class Guide:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can(TOOL):
            return unable(here)
        problem = str(known.get("problem") or "")
        if not problem:
            return Turn(here.text("guide_what"), Form("guide", "problem", "text"))
        return self._search(Form("guide", fields={"problem": problem}), problem)

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if form.asking == "problem":
            return self._search(form.ask("", "anything", problem=heard.said), heard.said)
        words = heard.plain.split()
        if _NOT.search(heard.plain) or heard.yes is False:
            return self._next(form, here)
        if any(word in words for word in _SOLVED) or (form.asking == "helped" and heard.yes):
            return done(here.text("guide_solved"))
        if form.asking == "step" and (heard.yes or any(word in words for word in _DONE)):
            return Turn(here.text("guide_helped"), form.ask("helped", "yes_no"))
        return None

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        answers = data.get("answers") or []
        if answers:
            steps = steps_of(str(answers[0].get("text", "")))[:MOST_STEPS]
            return self._next(form.ask("", "anything", steps=steps, tried=[]), here)
        heading = None if form.get("again") else near_heading(str(form.get("problem")), data.get("headings") or [])
        if heading is not None:
            return self._search(form.ask("", "anything", again=True), heading)
        return self._stuck(form, "guide_unknown", here)

    def _search(self, form: Form, words: str) -> Turn:
        return Turn(form=form, tool=ToolUse(TOOL, {"question": words}))

    def _next(self, form: Form, here: Here) -> Turn:
        steps, tried = list(form.get("steps") or ()), list(form.get("tried") or ())
        if not steps:
            return self._stuck(form, "guide_stuck", here)
        step, *left = steps
        asked = form.ask("step", "step", steps=left, tried=[*tried, step])
        return Turn(here.text("guide_step", step=step), asked)

    def _stuck(self, form: Form, text: str, here: Here) -> Turn:
        if not here.knows.can("take_message"):
            return Turn(here.text("not_found"))
        tried = " ".join(form.get("tried") or ()) or "nothing"
        message = here.text("guide_message", problem=form.get("problem"), tried=tried)
        return offer(here.text(text), "message", text=message)


def steps_of(text: str) -> list[str]:
    """Numbered or dashed lines are steps, else each sentence is one."""
    lines = [re.sub(r"^\s*(?:\d+[.)]|[-*•])\s*", "", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    return lines if len(lines) > 1 else [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
