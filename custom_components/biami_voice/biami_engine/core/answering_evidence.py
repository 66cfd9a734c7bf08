"""What was heard after a call was answered: the words, and how long there was speech and silence."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ..interface import AnsweredBy
from .answering_phrases import PHRASES, SURE, Phrase

MACHINES = (AnsweredBy.SCREENING, AnsweredBy.VOICEMAIL, AnsweredBy.IVR)
"""Of two that are equally likely the first is believed: a screener speaks of a tone too."""


class Words:
    """All that was understood so far, and what it speaks for."""

    __slots__ = ("_finals", "_found", "_piece", "known", "pending")

    def __init__(self) -> None:
        self._finals: list[str] = []
        self._piece = ""
        self._found: list[Phrase] = []
        self.pending = 0
        """Utterances that ended and whose words are still to come."""
        self.known = False
        """Something was understood clearly."""

    def add(self, text: str, final: bool, clear: bool) -> None:
        plain = plain_text(text)
        self.known = self.known or (clear and bool(plain))
        self._piece = "" if final else plain
        if final:
            self.pending = max(0, self.pending - 1)
            self._finals += [plain] if plain else []
        said = [*self._finals, self._piece]
        # Also across a pause: "leave your message … after the tone".
        texts = [*said, " ".join(said)]
        self._found = [phrase for phrase in _every_phrase() if any(_compiled(phrase).search(text) for text in texts)]

    def score(self, kind: AnsweredBy) -> int:
        return sum(phrase.weight for phrase in self._found if phrase.kind is kind)

    def sure_of(self, kind: AnsweredBy) -> bool:
        """Words that nobody else says."""
        return any(phrase.kind is kind and phrase.weight >= SURE for phrase in self._found)

    @property
    def machine(self) -> AnsweredBy | None:
        """The likeliest one, None where no word speaks for any."""
        if self.sure_of(AnsweredBy.NO_MESSAGE):
            return AnsweredBy.NO_MESSAGE  # all that is said about messages then is that there will be none
        best = max(MACHINES, key=self.score)
        return best if self.score(best) else None

    @property
    def patterns(self) -> int:
        """How many phrases were found."""
        return len(self._found)


class Cadence:
    """Speech and silence, in seconds on the call's clock."""

    __slots__ = ("_since", "_spoken", "last_stop", "quiet_since", "utterances")

    def __init__(self) -> None:
        self.utterances = 0
        """How many have ended."""
        self.last_stop = 0.0
        self.quiet_since: float | None = None
        self._since: float | None = None
        self._spoken = 0.0

    @property
    def speaking(self) -> bool:
        return self._since is not None

    def started(self, at: float) -> None:
        if self._since is None:
            self._since = at
        self.quiet_since = None

    def stopped(self, at: float) -> None:
        if self._since is None:
            return
        self._spoken += max(0.0, at - self._since)
        self._since = None
        self.utterances += 1
        self.last_stop = self.quiet_since = at

    def spoken_seconds(self, now: float) -> float:
        return self._spoken + (max(0.0, now - self._since) if self._since is not None else 0.0)

    def quiet_seconds(self, now: float) -> float:
        """0 while somebody speaks."""
        return max(0.0, now - self.quiet_since) if self.quiet_since is not None else 0.0


def plain_text(text: str) -> str:
    """As the patterns want it: lower case, no accents, apostrophes dropped, all else that is no word a space."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’`´]", "", letters)).split())


@cache
def _every_phrase() -> tuple[Phrase, ...]:
    return tuple(phrase for phrases in PHRASES.values() for phrase in phrases)


@cache
def _compiled(phrase: Phrase) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{phrase.pattern})")
