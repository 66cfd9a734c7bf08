"""What every matter must do; one file each in `flows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from .heard import Heard
from .knowledge import Knowledge
from .state import Form, Turn


@dataclass(frozen=True, slots=True)
class Here:
    """The place and time of a turn."""

    knows: Knowledge
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def text(self, key: str, **values: object) -> str:
        return self.knows.text(key, **values)


class Flow(Protocol):
    """A matter: how it begins, goes on with an answer, and with the result of a tool."""

    def begin(self, known: Mapping[str, Any], here: Here) -> Turn:
        """`known` is what the first sentence brought along."""
        ...

    def answer(self, form: Form, heard: Heard, here: Here) -> Turn | None:
        """None: this is no answer to what was asked."""
        ...

    def result(self, form: Form, data: Mapping[str, Any], here: Here) -> Turn:
        """What the tool said; `error` in it where it failed."""
        ...
