"""What a context brings itself: an answer, a look-up, a matter, or a tool of its own, after a yes where it is risky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flow import Here
from ..heard import Heard
from ..state import Form, ToolUse, Turn
from .look_up import LookUp
from .offer import offer
from .parts import done, failed, unable


class Own:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        intent = here.knows.context.intents[str(known["intent"])]
        values = {name: value for name, value in known.items() if isinstance(value, str)}
        if intent.tool:
            return self._tool(known, values, here)
        if intent.look_up:
            return LookUp().begin({"query": here.knows.fill(intent.look_up, **values)}, here)
        if intent.flow:
            from . import FLOWS  # the table needs this flow first

            turn = FLOWS[intent.flow].begin({**known, **intent.known}, here)
            said = here.knows.fill(intent.say, **values)
            return Turn(f"{said} {turn.say}".strip(), turn.form, turn.tool)
        if intent.offer:
            return offer(here.knows.fill(intent.say, **values), intent.offer)
        return Turn(here.knows.fill(intent.say, **values))

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if heard.yes is None:
            return None
        if not heard.yes:
            return Turn(here.text("all_right"))
        return self._use(form, here)

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        if "error" in data:
            return failed(data, here)
        intent = here.knows.context.intents[form.get("intent")]
        values = {**form.get("values"), **{name: str(value) for name, value in data.items()}}
        return Turn(here.knows.fill(intent.answer, **values)) if intent.answer else done(here.text("tool_done"))

    def _tool(self, known: Mapping[str, Any], values: Mapping[str, str], here: Here) -> Turn:
        intent = here.knows.context.intents[str(known["intent"])]
        if not here.knows.can(intent.tool):
            return unable(here)
        form = Form("own", "confirm", "yes_no", {"intent": known["intent"], "values": values})
        if intent.confirm:
            return Turn(here.knows.fill(intent.confirm, **values), form)
        return self._use(form, here)

    def _use(self, form: Form, here: Here) -> Turn:
        intent = here.knows.context.intents[form.get("intent")]
        arguments = {
            name: here.knows.fill(value, **form.get("values")) if isinstance(value, str) else value
            for name, value in intent.arguments.items()
        }
        return Turn(here.knows.fill(intent.say), form.ask("using", "anything"), ToolUse(intent.tool, arguments))
