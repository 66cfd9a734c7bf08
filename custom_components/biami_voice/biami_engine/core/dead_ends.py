"""Calls that go nowhere: a goodbye in words that nobody acts on, and conversations with nobody in them."""

from __future__ import annotations

import re
from enum import Enum

from .backchannels import words_of

GOODBYE_SECONDS = 4.0
"""After the agent's goodbye was heard; a caller who has more to say, says it within."""
MUTUAL_GOODBYE_SECONDS = 1.5
MAX_MONOLOGUE = 6
"""Responses of the agent in a row without a word of the caller: hold music, a muted line, a machine."""
MAX_REPEATS = 4
"""The same words of the caller in a row: an announcement that loops."""

_GOODBYES = {
    "en": r"good ?bye|bye(?: bye)?|farewell|take care|see you|talk to you soon"
    r"|have a (?:\w+ )?(?:day|evening|night|weekend|one)",
    "de": r"auf wieder(?:hören|sehen)|tschüss?|tschau|ciao|bis (?:bald|dann)|schönes wochenende"
    r"|schönen (?:\w+ )?(?:tag|abend)",
    "fr": r"au revoir|bonne (?:journée|soirée)|à bientôt|salut",
    "es": r"adiós|hasta (?:luego|pronto)|que tenga (?:un )?buen|chao",
    "it": r"arrivederci|buona (?:giornata|serata)|a presto|ciao",
    "nl": r"tot ziens|dag|fijne (?:dag|avond)|doei",
}


def is_goodbye(text: str, language: str) -> bool:
    """Whether the last sentence says goodbye and asks nothing."""
    pattern = _GOODBYES.get(language.split("-")[0].lower(), _GOODBYES["en"])
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text.strip().lower()) if part]
    if not sentences or sentences[-1].endswith("?"):
        return False
    return re.search(rf"\b(?:{pattern})\b", sentences[-1]) is not None


class DeadEnd(Enum):
    GOODBYE = "goodbye"
    MONOLOGUE = "monologue"
    LOOP = "loop"


class DeadEnds:
    """Told what is said, it knows when to give up; `time_passed` is due at `next_deadline`."""

    __slots__ = ("_due", "_language", "_last", "_repeats", "_said_goodbye", "_unanswered")

    def __init__(self, language: str) -> None:
        self._language = language
        self._said_goodbye = False
        self._due: float | None = None
        self._unanswered = 0
        self._last: list[str] = []
        self._repeats = 1

    @property
    def next_deadline(self) -> float | None:
        return self._due

    def agent_said(self, text: str) -> None:
        """A whole answer of the agent."""
        self._said_goodbye = is_goodbye(text, self._language)

    def agent_silent(self, now: float, silent: bool) -> None:
        """The agent's words were heard out, or not yet: only then the time for more begins."""
        if not (silent and self._said_goodbye):
            self._due = None
        elif self._due is None:
            self._due = now + GOODBYE_SECONDS

    def responded(self) -> DeadEnd | None:
        """The agent finished a response."""
        self._unanswered += 1
        return DeadEnd.MONOLOGUE if self._unanswered >= MAX_MONOLOGUE else None

    def caller_speaks(self) -> None:
        """The caller has more to say: the goodbye does not count until it is known what."""
        self._due = None

    def caller_said(self, text: str, now: float) -> DeadEnd | None:
        """A whole turn of the caller."""
        words = words_of(text)
        if not words:
            return None
        self._unanswered = 0
        if self._said_goodbye:
            self._said_goodbye = is_goodbye(text, self._language)
            self._due = now + MUTUAL_GOODBYE_SECONDS if self._said_goodbye else None
        self._repeats = self._repeats + 1 if words == self._last and len(words) > 2 else 1
        self._last = words
        return DeadEnd.LOOP if self._repeats >= MAX_REPEATS else None

    def key_pressed(self) -> None:
        self._unanswered = 0
        self._said_goodbye = False
        self._due = None

    def time_passed(self, now: float) -> DeadEnd | None:
        if self._due is None or now < self._due:
            return None
        self._due = None
        return DeadEnd.GOODBYE
