"""A scenario file: the engine it needs, the call it makes, who is on the phone, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import voluptuous as vol

from ..errors import ConfigError, NotFound
from .expectations import EXPECTATIONS
from .model.plan import ModelPlan, plan
from .phones import Step
from .phones.steps import script, text
from .service import WEB
from .source import read_checked

HOUSE = "+12025550100"
OUTSIDE = "+14155550123"

FAULTS = vol.Schema(
    {
        vol.Optional("duplicate_callbacks"): vol.All(int, vol.Range(0, 10)),
        vol.Optional("shuffle_callbacks"): bool,
        vol.Optional("delay_callbacks_seconds"): vol.Any(int, float),
        vol.Optional("bad_webhook_signature"): bool,
        vol.Optional("bad_media_signature"): bool,
        vol.Optional("hold_create_answer_seconds"): vol.Any(int, float),
    }
)
CALL = vol.Schema(
    {
        vol.Required("direction"): vol.In(["inbound", "outbound"]),
        vol.Optional("number", default=OUTSIDE): text,
        vol.Optional("context"): text,
        vol.Optional("goal"): text,
        vol.Optional("variables", default=dict): {str: str},
        vol.Optional("send_digits"): str,
        vol.Optional("ring_seconds", default=20): vol.All(int, vol.Range(5, 600)),
    }
)
SCENARIO = vol.Schema(
    {
        vol.Required("about"): text,
        vol.Required("call"): CALL,
        vol.Required("phone"): script,
        vol.Optional("others", default=dict): {str: script},
        vol.Optional("engine", default=dict): dict,
        vol.Optional("line", default=dict): dict,
        vol.Optional("faults", default=dict): FAULTS,
        vol.Optional("model", default=None): vol.Any(None, plan),
        vol.Optional("web", default=dict): WEB,
        vol.Optional("guard"): text,
        vol.Optional("guard_off", default=dict): dict,
        vol.Optional("expect", default=dict): EXPECTATIONS,
    }
)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """`number` is the outside party: who calls, or who is called."""

    direction: str
    number: str
    context: str | None = None
    goal: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    send_digits: str | None = None
    ring_seconds: int = 20


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    file: Path
    call: CallPlan
    phone: Sequence[Step]
    others: Mapping[str, Sequence[Step]]
    engine: Mapping[str, Any]
    """Merged over the lab's `engine.yaml`."""
    line: Mapping[str, Any]
    """Further settings of the Twilio line under test."""
    faults: Mapping[str, Any]
    expect: Mapping[str, Any]
    model: ModelPlan | None = None
    """The backend of the engine is the lab's model."""
    web: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    guard: str = ""
    """What keeps this call from going wrong, in words."""
    guard_off: Mapping[str, Any] = field(default_factory=dict)
    """Merged over `engine`, this takes the guard away: the scenario must then fail."""

    def without_guard(self) -> Scenario:
        return replace(self, engine=merged(self.engine, self.guard_off))


def read_scenario(file: Path) -> Scenario:
    """Raises `ConfigError` with file and line."""
    data = read_checked(file, SCENARIO)
    return Scenario(name=file.stem, file=file, **(data | {"call": CallPlan(**data["call"])}))


def read_engine(folder: Path) -> dict[str, Any]:
    """The configuration all scenarios of a folder begin with."""
    return dict(read_checked(folder / "engine.yaml", vol.Schema(dict)))


def find_scenarios(folder: Path, names: Sequence[str]) -> list[Path]:
    """Files by name below `folder/scenarios`, or paths; without names all, in order of their names."""
    shipped = {file.stem: file for file in sorted((folder / "scenarios").glob("*.yaml"))}
    if not names:
        return list(shipped.values())
    found = []
    for name in names:
        if name in shipped:
            found.append(shipped[name])
        elif Path(name).is_file():
            found.append(Path(name))
        else:
            raise NotFound(f"no scenario {name!r}; known: {', '.join(shipped) or 'none'}")
    return found


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Sections inside sections; what is no section is replaced."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[key] = merged(before, value) if both and before is not None else value
    return result


def check_no_engine_lines(data: Mapping[str, Any], file: Path) -> None:
    """The runner makes the line under test itself."""
    for key in ("lines", "server", "call_log"):
        if key in data:
            raise ConfigError("is made by the lab", f"engine.{key}", str(file))
