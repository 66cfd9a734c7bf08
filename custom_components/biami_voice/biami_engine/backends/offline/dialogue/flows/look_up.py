"""Questions that the info files answer; what they do not answer is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz.fuzz import token_set_ratio

from ..flow import Here
from ..heard import Heard
from ..state import Form, ToolUse, Turn
from .offer import offer
from .parts import done, unable

TOOL = "get_biami_info"
NEAR_HEADING = 65
"""A heading this near to the question is what was meant, misheard."""
LONGEST = 320
"""Characters that are read; nobody listens to more."""
_QUESTION = re.compile(
    r"\b(?:what|what's|when|where|how|much|many|who|which|do|does|is|are|can|could|you|your|tell|me|about|the|a|an|of|to"
    r"|for|i|we|my|have|has|know|would|like|please|it|there|know|get|in|on)\b"
)


class LookUp:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        if not here.knows.can(TOOL):
            return unable(here, "not_found")
        question = str(known.get("query") or "")
        return Turn(form=Form("look_up", fields={"query": question}), tool=ToolUse(TOOL, {"question": question}))

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        return None

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        answers = data.get("answers") or []
        if answers:
            return self._told(answers[0], here)
        heading = None if form.get("again") else near_heading(str(form.get("query")), data.get("headings") or [])
        if heading is not None:
            again = Form("look_up", fields={"query": heading, "again": True})
            return Turn(form=again, tool=ToolUse(TOOL, {"question": heading}))
        return unable(here, "not_found")

    def _told(self, answer: Mapping[str, Any], here: Here) -> Turn:
        heading = str(answer.get("heading", "")).rpartition(" / ")[2]
        say = here.text("found", text=readable(str(answer.get("text", ""))), heading=heading)
        follow = here.knows.context.after_info
        if follow is None:
            return done(say)
        bare = say.removesuffix(here.text("found", text="", heading=heading).rpartition(". ")[2]).strip()
        return offer(f"{bare} {here.knows.fill(follow.say)}", follow.flow)


def near_heading(question: str, headings: Sequence[str]) -> str | None:
    """The heading that the words of the question are nearest to."""
    bare = _QUESTION.sub(" ", question.lower()).strip()
    tails = {heading: heading.rpartition(" / ")[2].lower() for heading in headings}
    best = max(tails, key=lambda heading: token_set_ratio(bare, tails[heading]), default=None)
    return best if best is not None and token_set_ratio(bare, tails[best]) >= NEAR_HEADING else None


def readable(text: str) -> str:
    """Lines of an entry as sentences, no more than one listens to."""
    sentences = [line.strip(" -*•") for line in text.splitlines() if line.strip()]
    whole = " ".join(line if line.endswith((".", "!", "?")) else f"{line}." for line in sentences)
    if len(whole) <= LONGEST:
        return whole
    cut = whole.rfind(". ", 0, LONGEST) + 1
    return whole[:cut] if cut else f"{whole[:LONGEST].rpartition(' ')[0]}."
