"""A placed call: it says why, asks its questions, reads each answer back where it could be misheard, and thanks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answers import choice_of
from ..flow import Here
from ..heard import Heard
from ..knowledge import listed
from ..moments import When, spoken_day, spoken_time
from ..numerals import spoken_digits
from ..state import Form, Question, ToolUse, Turn
from .small_talk import goodbye

ANSWER = Question("answer", "", "text")
"""What a call without questions of its own brings home."""


LONGEST_HELLO = 5
"""Words."""


class Goal:
    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        """The first words are the context's; they end with asking for a moment."""
        return Turn(form=Form("goal", "moment", "yes_no", {"answers": {}}))

    def start(self, here: Here) -> Turn:
        """Without words of the context: who we are, and the first question at once."""
        asked = self._ask(Form("goal", fields={"answers": {}}), here)
        return Turn(f"{here.text('introduce', reason='')} {asked.say}", asked.form)

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        if form.asking == "moment":
            return self._picked_up(form, heard, here)
        question = _questions(here)[len(form.get("answers"))]
        if form.asking == "confirm":
            if heard.yes is None:
                return None
            return self._kept(form, question, here) if heard.yes else self._ask(form, here)
        return self._understood(form, question, heard, here)

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        return goodbye(here.text("goal_thanks"), here)

    def _picked_up(self, form: Form, heard: Heard, here: Here) -> Turn:
        """Who picks up says hello, or a name: the first words, which are on their way, are the answer to that."""
        if heard.yes is False:
            return goodbye(here.text("goal_later"), here)
        if heard.means("robot"):
            return Turn(here.text("introduce", reason=here.text("reason", goal=here.knows.goal)), form)
        hello = heard.means("greet") or (heard.intent is None and len(heard.plain.split()) <= LONGEST_HELLO)
        if heard.yes is None and hello:
            return self.start(here) if here.knows.caller_first else Turn(form=form)
        return self._ask(form, here)

    def _ask(self, form: Form, here: Here) -> Turn:
        question = _questions(here)[len(form.get("answers"))]
        say = question.text or here.text("goal_ask", goal=here.knows.goal)
        if question.kind == "choice":
            say = f"{say} {here.text('question_choice', choices=listed(question.choices, 'or'))}"
        return Turn(say, form.ask("question", question.kind))

    def _understood(self, form: Form, question: Question, heard: Heard, here: Here) -> Turn | None:
        value, words = understood(question, heard)
        if value is None:
            return Turn(_hint(question, here), form) if question.kind != "text" else None
        held = form.ask("confirm", "yes_no", value=value)
        if question.kind in ("yes_no", "choice"):
            return self._kept(held, question, here)
        return Turn(here.text("question_confirm", answer=words), held)

    def _kept(self, form: Form, question: Question, here: Here) -> Turn:
        kept = {**form.get("answers"), question.name: form.get("value")}
        form = form.ask("question", "anything", answers=kept)
        if len(kept) < len(_questions(here)):
            return self._ask(form, here)
        if not here.knows.questions and here.knows.can("take_message"):
            name = here.knows.caller_name or "The person called"
            use = ToolUse("take_message", {"name": name, "text": f"{here.knows.goal}: {form.get('value')}"})
            return Turn(form=form.ask("noting", "anything"), tool=use)
        turn = goodbye(here.text("goal_thanks"), here)
        return Turn(turn.say, form.ask("over", "anything"), turn.tool)


def _questions(here: Here) -> tuple[Question, ...]:
    return here.knows.questions or (ANSWER,)


def _hint(question: Question, here: Here) -> str:
    if question.kind == "choice":
        return here.text("question_choice", choices=listed(question.choices, "or"))
    if question.kind == "number" and question.minimum is not None and question.maximum is not None:
        return here.text("question_range", minimum=f"{question.minimum:g}", maximum=f"{question.maximum:g}")
    known = {"number": "question_number", "datetime": "question_datetime", "yes_no": "question_yes_no"}
    return here.text(known.get(question.kind, "again"))


def understood(question: Question, heard: Heard) -> tuple[Any, str]:
    """The value of an answer and how it is read back; None where it is no answer of this kind."""
    if question.kind == "yes_no":
        return heard.yes, "yes" if heard.yes else "no"
    if question.kind == "choice":
        index = choice_of(heard.text, question.choices)
        return (None, "") if index is None else (question.choices[index], question.choices[index])
    if question.kind == "number":
        number = heard.number
        low = number is not None and question.minimum is not None and number < question.minimum
        high = number is not None and question.maximum is not None and number > question.maximum
        return (None, "") if number is None or low or high else (number, f"{number:g}")
    if question.kind == "digits":
        return heard.digits or None, spoken_digits(heard.digits)
    if question.kind == "datetime":
        return _moment(heard.when(expected=True), heard)
    return heard.said.strip() or None, heard.said.strip().rstrip(".!?")


def _moment(when: When, heard: Heard) -> tuple[Any, str]:
    if not when:
        return None, ""
    day = when.day or heard.today
    said = spoken_day(day, heard.today)
    if when.time is None:
        return day.isoformat(), said
    return f"{day.isoformat()}T{when.time:%H:%M}", f"{said} at {spoken_time(when.time)}"
