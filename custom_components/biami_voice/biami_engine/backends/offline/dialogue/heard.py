"""One turn of the caller, read in every way that a matter may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from .answers import contact_of, name_of, without_yes_no, yes_no
from .grammar import Understood
from .knowledge import Knowledge
from .moments import When, when_of
from .numerals import digits_of, normalised, number_of, plain


@dataclass(frozen=True)
class Heard:
    """`said` is what the recogniser wrote. A key that stands for an answer comes as its word."""

    said: str
    intent: Understood | None
    now: datetime
    knows: Knowledge

    @cached_property
    def plain(self) -> str:
        return plain(self.said)

    @cached_property
    def text(self) -> str:
        """With numerals."""
        return normalised(self.said)

    @cached_property
    def yes(self) -> bool | None:
        return yes_no(self.plain)

    @cached_property
    def correction(self) -> str:
        """What follows a yes or no."""
        return without_yes_no(self.plain)

    @property
    def today(self) -> date:
        return self.now.date()

    def when(self, expected: bool = False) -> When:
        return when_of(self.text, self.today, expected)

    @cached_property
    def digits(self) -> str:
        return digits_of(self.text)

    @cached_property
    def number(self) -> float | None:
        return number_of(self.text)

    @cached_property
    def name(self) -> str:
        return name_of(self.plain)

    @cached_property
    def contact(self) -> str | None:
        return contact_of(self.plain, self.knows.contacts)

    def means(self, *intents: str) -> bool:
        """One of these intents, and surely."""
        return self.intent is not None and self.intent.strong and self.intent.intent in intents
