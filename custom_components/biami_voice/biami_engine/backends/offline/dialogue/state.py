"""What a dialogue remembers and what it wants: frozen values, so that a turn can be tried before it is certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["anything", "yes_no", "choice", "number", "digits", "text", "name", "datetime", "step"]
"""What is expected as the next answer; `step`: that something is done, or what came of it."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """A matter that takes more than one turn. `asking` is the field that was asked for last."""

    flow: str
    asking: str = ""
    kind: Kind = "anything"
    fields: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, asking: str, kind: Kind, **fields: Any) -> Form:
        """The same matter with its next question."""
        return Form(self.flow, asking, kind, {**self.fields, **fields})

    def get(self, name: str) -> Any:
        return self.fields.get(name)


@dataclass(frozen=True, slots=True)
class Turn:
    """The agent's next words, the tool it uses after them, and the matter that is still open."""

    say: str = ""
    form: Form | None = None
    tool: ToolUse | None = None


@dataclass(frozen=True, slots=True)
class State:
    form: Form | None = None
    said: str = ""
    """The last words, for who asks to hear them again."""
    misses: int = 0
    """Turns in a row that were not understood."""
    unheard: bool = False
    """Most of the last words were cut off by the caller."""
    keys: str = ""
    """Digits that were pressed so far."""
    answers: Mapping[str, Any] = field(default_factory=dict)
    """Of the questions that this call was placed for, by name."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something a placed call is to find out."""

    name: str
    text: str
    kind: Kind = "yes_no"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
