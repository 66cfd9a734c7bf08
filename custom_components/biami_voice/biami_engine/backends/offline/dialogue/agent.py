"""The agent: which matter a turn belongs to, and what is said where nobody knows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from .answers import without_yes_no
from .flow import Flow, Here
from .flows import FLOWS, of_intent, offer, small_talk
from .flows.goal import Goal
from .grammar import Understood
from .heard import Heard
from .knowledge import Knowledge
from .moments import without_when
from .numerals import normalised, plain
from .state import Form, Kind, State, Turn

MOST_MISSES = 5
"""Turns in a row that were not understood; then the call is given up."""
_LEAD_IN = re.compile(r"^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|well|um|uh|okay|ok|so|and|sorry) )+")
"""What people say before they say what they want."""
CERTAIN, NEARLY_CERTAIN, DOUBTFUL = 1.0, 1.5, 2.0
"""Doubt up to which words are believed."""
FOR_GOOD = ("goodbye",)
"""Understood word for word or not at all."""
EVERYWHERE = ("repeat", "cancel", "help", "goodbye", "wait")
"""Understood in the middle of any matter."""


class Dialogue:
    """Pure: every function takes a state and gives the next one with what is to be said and done."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knows = knowledge
        self._grammar = knowledge.grammar()

    # --- what happens ---

    def opening(self, state: State, now: datetime) -> tuple[State, Turn]:
        """The first words, where the context has none of its own."""
        if self.knows.goal:
            return self._next(state, Goal().start(Here(self.knows, now)))
        return self._next(state, Turn(self.knows.text("opening")))

    def first_form(self) -> Form | None:
        """A placed call has a matter from its first word on."""
        return FLOWS["goal"].begin({}, Here(self.knows, datetime.min)).form if self.knows.goal else None

    def introduced(self, state: State) -> tuple[State, Turn]:
        """Who we are and why we call, for a machine that asks."""
        reason = self.knows.text("reason" if self.knows.goal else "no_reason", goal=self.knows.goal)
        return self._next(state, Turn(self.knows.text("introduce", reason=reason), state.form))

    def heard(self, state: State, text: str, doubt: float, now: datetime) -> tuple[State, Turn]:
        """The caller said this. `doubt` 0: the recogniser is sure; 1: it need not be believed; 2: it is noise."""
        heard = self._read(text, now)
        if doubt > self._bearable(state, heard):
            return self._not_understood(state, now)
        here = Here(self.knows, now)
        everywhere = self._everywhere(state, heard, here)
        if everywhere is not None:
            return everywhere
        turn = self._in_form(state, heard, here) or self._new_matter(state, heard, here)
        return self._next(state, turn) if turn is not None else self._not_understood(state, now)

    def pressed(self, state: State, key: str, now: datetime) -> tuple[State, Turn]:
        """A key: part of a number, an answer, or the wish for help."""
        kind = state.form.kind if state.form else "anything"
        if kind == "digits":
            return self._digit(state, key, now)
        words = {"1": "yes", "2": "no"} if kind == "yes_no" else {}
        if kind == "choice" and key in "123456789":
            words = {key: f"number {key}"}
        if kind == "number" and key.isdecimal():
            words = {key: key}
        if key in words:
            return self.heard(replace(state, unheard=False), words[key], 0.0, now)
        say = self.knows.text("help_start") if key == "0" else self.knows.text("no_meaning")
        return self._next(state, Turn(say, state.form))

    def keys_over(self, state: State, now: datetime) -> tuple[State, Turn]:
        """No further key came."""
        if not state.keys:
            return state, Turn(form=state.form)
        return self.heard(replace(state, keys=""), state.keys, 0.0, now)

    def tool_answered(self, state: State, output: str, now: datetime) -> tuple[State, Turn]:
        """JSON text of the tool that the last turn asked for."""
        here, form = Here(self.knows, now), state.form
        if form is None:
            return state, Turn()
        return self._next(state, FLOWS[form.flow].result(form, _data(output), here))

    def fact(self, state: State, contact: str, now: datetime) -> tuple[State, Turn]:
        """This person could not be reached, and the caller is back."""
        then = "message" if self.knows.can("take_message") else ""
        say = self.knows.text("transfer_failed", contact=contact)
        return self._next(state, offer(say, then) if then else Turn(self.knows.text("failed")))

    def unheard(self, state: State) -> State:
        """The caller cut most of the last words off."""
        return replace(state, unheard=True)

    def complete(self, state: State, text: str, now: datetime) -> bool:
        """Whether these words may well be all that the caller wants to say now."""
        kind = state.form.kind if state.form else "anything"
        if kind in ("text", "digits") or not plain(text):
            return False
        if plain(text).split()[-1] in ("and", "or", "the", "a", "to", "for", "at", "on", "my", "is", "um", "uh", "of"):
            return False
        heard = self._read(text, now)
        if kind == "anything":
            return heard.intent is not None or heard.yes is not None
        if kind == "name":
            return bool(heard.name) or heard.intent is not None
        return heard.yes is not None or heard.intent is not None or bool(heard.when(expected=True))

    # --- how it is decided ---

    def _bearable(self, state: State, heard: Heard) -> float:
        """Names and free words are read back before anything is done with them, and what is known word for word or fits
        the question was hardly something else. What follows from a yes to a read-back, or a goodbye, is for good."""
        form = state.form
        kind = form.kind if form else "anything"
        if kind in ("name", "text"):
            return DOUBTFUL
        known = heard.intent is not None and heard.intent.strong
        agreed = form is not None and form.asking == "confirm" and heard.yes is not False
        if not (known or _fits(kind, heard)):
            return CERTAIN
        return NEARLY_CERTAIN if agreed or heard.means(*FOR_GOOD) else DOUBTFUL

    def _read(self, text: str, now: datetime) -> Heard:
        whole, bare = plain(text), _LEAD_IN.sub("", plain(text))
        ways = dict.fromkeys((whole, bare, without_when(normalised(bare)), without_yes_no(bare)))
        readings = [self._grammar.understand(way) for way in ways if way]
        found = [one for one in readings if one is not None and (one.score == 100 or one.intent not in FOR_GOOD)]
        best = max(found, key=lambda one: one.rank, default=None)
        return Heard(text, best, now, self.knows)

    def _everywhere(self, state: State, heard: Heard, here: Here) -> tuple[State, Turn] | None:
        if not heard.means(*EVERYWHERE) or heard.intent is None:
            return None
        intent, form = heard.intent.intent, state.form
        if intent == "repeat":
            return state, Turn(state.said or self.knows.text("nothing_to_repeat"), form)
        if intent == "wait":
            return state, Turn(self.knows.text("wait"), form)
        if intent == "cancel":
            return self._next(state, Turn(self.knows.text("all_right")))
        if intent == "help" and form is None:
            return None
        if intent == "help":
            return state, Turn(f"{self.knows.text('help_start')} {state.said}", form)
        if form is not None and form.kind == "text":
            return None
        turn = small_talk("goodbye", here)
        # A clipped "Hi" is heard as "Bye": after a lone word the caller may go on, and the call ends by itself if not.
        lone = len(heard.plain.replace("good bye", "goodbye").split()) == 1
        return self._next(state, replace(turn, tool=None) if lone else turn)

    def _in_form(self, state: State, heard: Heard, here: Here) -> Turn | None:
        form = state.form
        if form is None:
            return None
        if state.unheard and form.kind == "yes_no" and heard.yes and form.asking == "confirm":
            return Turn(state.said, form)  # nobody agrees to what was not heard
        open_field = form.kind in ("text", "name", "digits")
        if heard.intent is not None and heard.intent.strong and not open_field and self._leads_away(form, heard.intent):
            return None
        return FLOWS[form.flow].answer(form, heard, here)

    def _leads_away(self, form: Form, intent: Understood) -> bool:
        flow = of_intent(intent.intent, self.knows)
        return flow not in ("", form.flow, "talk")

    def _new_matter(self, state: State, heard: Heard, here: Here) -> Turn | None:
        if heard.intent is not None:
            return self._begin(heard.intent, heard, here)
        guide: Flow = FLOWS["guide"]
        if state.form is None and self.knows.context.guide and len(heard.plain.split()) >= 3:
            return guide.begin({"problem": heard.said}, here)
        if state.form is None and heard.contact and self.knows.can("transfer_call"):
            return FLOWS["transfer"].begin({"contact": heard.contact}, here)
        return None

    def _begin(self, intent: Understood, heard: Heard, here: Here) -> Turn | None:
        known: dict[str, Any] = {**intent.slots, "query": heard.said, "when": heard.when()}
        own = self.knows.intent(intent.intent)
        if own is not None:
            return FLOWS["own"].begin({**known, "intent": intent.intent}, here)
        flow = of_intent(intent.intent, self.knows)
        return small_talk(intent.intent, here) if flow == "talk" else FLOWS[flow].begin(known, here)

    # --- what was not understood ---

    def _not_understood(self, state: State, now: datetime) -> tuple[State, Turn]:
        """Ask again, twice; then offer keys; at last say goodbye."""
        misses = state.misses + 1
        after, form, knows = replace(state, misses=misses), state.form, self.knows
        if misses >= MOST_MISSES:
            end = small_talk("goodbye", Here(knows, now))
            return after, replace(end, say=knows.text("give_up"))
        if misses <= 2:
            return after, Turn(knows.text("again" if misses == 1 else "again_more"), form)
        if form is not None and form.kind == "yes_no":
            return after, Turn(knows.text("lost_keys"), form)
        if form is not None and form.kind == "digits":
            return after, Turn(knows.text("lost_digits"), form)
        if not knows.can("take_message"):
            return after, Turn(knows.text("lost_help"), form)
        lost = Form("offer", "lost", "yes_no", {"then": "message", "else": "goodbye"})
        return replace(after, form=lost), Turn(knows.text("lost_offer"), lost)

    def _digit(self, state: State, key: str, now: datetime) -> tuple[State, Turn]:
        if key == "*":
            return replace(state, keys=""), Turn(self.knows.text("message_number_again"), state.form)
        if key == "#":
            return self.keys_over(state, now)
        return replace(state, keys=state.keys + key), Turn(form=state.form)

    def _next(self, state: State, turn: Turn) -> tuple[State, Turn]:
        answers = turn.form.fields.get("answers", {}) if turn.form else {}
        said = turn.say or state.said
        merged = {**state.answers, **answers}
        return replace(state, form=turn.form, said=said, misses=0, unheard=False, keys="", answers=merged), turn


def _fits(kind: Kind, heard: Heard) -> bool:
    if kind == "datetime":
        return bool(heard.when(expected=True))
    return kind in ("yes_no", "step") and heard.yes is not None


def _data(output: str) -> Mapping[str, Any]:
    try:
        data = json.loads(output)
    except ValueError:
        return {"error": output}
    return data if isinstance(data, dict) else {"result": data}
