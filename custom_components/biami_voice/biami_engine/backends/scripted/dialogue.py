"""A written dialogue: what is said, and what happens when the caller speaks, presses a key or stays silent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...audio.frame import Audio

VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
RESULT = "tool_"
"""`{tool_time}` is what the last tool answered under `time`; empty where it did not."""


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file; `name` stands in the transcript."""

    name: str
    audio: Audio


@dataclass(frozen=True, slots=True)
class UseTool:
    """`hang_up` is the tool `end_call`: the call ends once the last words were heard."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Goto:
    step: str


Action = Say | Play | UseTool | Goto
Actions = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Spoke:
    """The caller said something; nobody knows what."""

    duration_ms: float


@dataclass(frozen=True, slots=True)
class Pressed:
    key: str


@dataclass(frozen=True, slots=True)
class StayedSilent:
    """For as long as the step listens; `wait` names which wait it was."""

    wait: int


Turn = Spoke | Pressed | StayedSilent

ANY_KEY = "any"


@dataclass(frozen=True, slots=True)
class Step:
    """Says its part, then listens until the caller has answered."""

    name: str = ""
    do: Actions = ()
    listen_seconds: float = 0.0
    """0: for ever; the call's own limits still hold."""
    on_speech: Actions = ()
    on_dtmf: Mapping[str, Actions] = field(default_factory=dict)
    on_silence: Actions = ()
    repeat: int = 0
    """How many answers more are given here before the next step."""

    def reaction_to(self, turn: Turn) -> Actions | None:
        """None: this turn is none of this step's business."""
        if isinstance(turn, Spoke):
            return self.on_speech
        if isinstance(turn, StayedSilent):
            return self.on_silence
        return self.on_dtmf.get(turn.key, self.on_dtmf.get(ANY_KEY))


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`source` is the file, for messages."""

    source: str
    greeting: Actions = ()
    steps: tuple[Step, ...] = (Step(),)
    variables: Mapping[str, str] = field(default_factory=dict)
    voice: str = ""

    def missing(self, variables: Mapping[str, str]) -> list[str]:
        """Variables of its texts that have no value."""
        known = self.variables.keys() | variables.keys()
        used = {name for action in self.actions() if isinstance(action, Say) for name in VARIABLE.findall(action.text)}
        return sorted(name for name in used - known if not name.startswith(RESULT))

    def position(self, name: str) -> int:
        return [step.name for step in self.steps].index(name)

    def actions(self) -> Iterator[Action]:
        yield from self.greeting
        for step in self.steps:
            for part in (step.do, step.on_speech, *step.on_dtmf.values(), step.on_silence):
                yield from part


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables; only a tool's result may have none."""
    return VARIABLE.sub(lambda match: values.get(match.group(1), ""), text)


def results(output: str) -> dict[str, str]:
    """The variables in a tool's output: the texts and numbers of a JSON object."""
    try:
        values = json.loads(output)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {RESULT + name: str(value) for name, value in values.items() if isinstance(value, str | int | float)}
