"""A dialogue from its YAML file; whatever is wrong is told with file and line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import voluptuous as vol

from ...audio.frame import Audio
from ...audio.wav import read_wav
from ...errors import ConfigError
from ...yaml_tree import line_of, read_tree
from .dialogue import ANY_KEY, Action, Actions, Dialogue, Goto, Play, Say, Step, UseTool

MAX_WAV_BYTES = 32 << 20
KEYS = [*"0123456789*#ABCD", ANY_KEY]


def load_dialogue(path: Path) -> Dialogue:
    """Raises `ConfigError` for the first thing that is wrong."""
    return _Loader(path, read_tree(path)).dialogue()


class _Loader:
    """Remembers where everything stood."""

    def __init__(self, path: Path, tree: Any) -> None:
        self._path = path
        self._tree = tree

    def dialogue(self) -> Dialogue:
        try:
            checked = DIALOGUE(self._tree)
        except vol.Invalid as error:
            first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
            self._fail(_sentence(first), [getattr(step, "schema", step) for step in first.path])
        steps = tuple(self._step(number, step) for number, step in enumerate(checked.get("steps", [])))
        self._check(steps)
        greeting = self._actions(checked.get("greeting", []), ["greeting"])
        if (target := _target(greeting)) is not None and target not in [step.name for step in steps]:
            self._fail(f"there is no step {target!r}", ["greeting"])
        return Dialogue(
            source=str(self._path),
            greeting=greeting,
            steps=steps or (Step(),),
            variables={name: str(value) for name, value in checked.get("variables", {}).items()},
            voice=checked.get("voice", ""),
        )

    def _step(self, number: int, step: dict[str, Any]) -> Step:
        at: list[Any] = ["steps", number]
        return Step(
            name=step.get("name", ""),
            do=self._actions(step.get("do", []), [*at, "do"]),
            listen_seconds=step.get("listen", 0.0),
            on_speech=self._actions(step.get("on_speech", []), [*at, "on_speech"]),
            on_dtmf={
                str(key): self._actions(value, [*at, "on_dtmf", key]) for key, value in step.get("on_dtmf", {}).items()
            },
            on_silence=self._actions(step.get("on_silence", []), [*at, "on_silence"]),
            repeat=step.get("repeat", 0),
        )

    def _actions(self, actions: list[dict[str, Any]], at: list[Any]) -> Actions:
        if any("goto" in action or "hang_up" in action for action in actions[:-1]):
            self._fail("nothing can follow goto or hang_up", at)
        return tuple(self._action(action, at) for action in actions)

    def _action(self, action: dict[str, Any], at: list[Any]) -> Action:
        ((kind, value),) = action.items()
        if kind == "play":
            return Play(value, self._sound(value, at))
        if kind == "tool":
            return UseTool(value["name"], self._plain(value.get("arguments", {}), at))
        if kind == "hang_up":
            return UseTool("end_call", {} if value is True else {"reason": value})
        return Say(value) if kind == "say" else Goto(value)

    def _plain(self, arguments: Any, at: list[Any]) -> dict[str, Any]:
        try:
            return dict(json.loads(json.dumps(arguments)))
        except TypeError:
            self._fail("arguments must be what JSON can say: write dates in quotes", at)

    def _sound(self, name: str, at: list[Any]) -> Audio:
        path = self._path.parent / name
        try:
            if path.stat().st_size > MAX_WAV_BYTES:
                self._fail(f"{name} is larger than 32 MB", at)
            return read_wav(path.read_bytes())
        except (OSError, ValueError) as error:
            self._fail(f"cannot play {name}: {error}", at)

    def _check(self, steps: Sequence[Step]) -> None:
        names = [step.name for step in steps if step.name]
        for number, step in enumerate(steps):
            if names.count(step.name) > 1:
                self._fail(f"two steps are called {step.name!r}", ["steps", number, "name"])
            if step.on_silence and not step.listen_seconds:
                self._fail("needs listen: for how many seconds?", ["steps", number, "on_silence"])
            for key, actions in _reactions(step):
                target = _target(actions)
                if target is not None and target not in names:
                    self._fail(f"there is no step {target!r}", ["steps", number, key])
        self._check_circles(steps)

    def _check_circles(self, steps: Sequence[Step]) -> None:
        """Steps that lead to each other without listening would never end."""
        onward = {step.name: _target(step.do) for step in steps if step.name}
        for number, step in enumerate(steps):
            passed, at = {step.name}, _target(step.do)
            while at is not None and at not in passed:
                passed.add(at)
                at = onward[at]
            if at is not None:
                self._fail(f"goes round in circles at {at!r} without listening", ["steps", number, "do"])

    def _fail(self, message: str, at: Sequence[Any]) -> NoReturn:
        raise ConfigError(message, ".".join(map(str, at)), f"{self._path}:{line_of(self._tree, at)}")


def _reactions(step: Step) -> Iterator[tuple[str, Actions]]:
    yield "do", step.do
    yield "on_speech", step.on_speech
    yield from (("on_dtmf", actions) for actions in step.on_dtmf.values())
    yield "on_silence", step.on_silence


def _target(actions: Actions) -> str | None:
    return next((action.step for action in actions if isinstance(action, Goto)), None)


def _sentence(error: vol.Invalid) -> str:
    known = {"extra keys not allowed": "is an unknown key", "expected a dictionary": "must be a mapping"}
    return known.get(error.error_message, error.error_message)


def _one_action(value: Any) -> dict[str, Any]:
    checked = dict(_ACTION(value))
    if len(checked) != 1:
        raise vol.Invalid(f"must be one of {', '.join(str(key) for key in _ACTION.schema)}")
    return checked


def _reaction(value: Any) -> list[dict[str, Any]]:
    """A step's name, one action, or a list of actions."""
    if isinstance(value, str):
        return [{"goto": _TEXT(value)}]
    return list(vol.Schema([_one_action])(value)) if isinstance(value, list) else [_one_action(value)]


def _opening(value: Any) -> list[dict[str, Any]]:
    """A text, one action, or a list of actions."""
    return [{"say": _TEXT(value)}] if isinstance(value, str) else _reaction(value)


def _key(value: Any) -> Any:
    """`1:` without quotes is a number in YAML."""
    if str(value) not in KEYS:
        raise vol.Invalid(f"must be a telephone key or {ANY_KEY}")
    return value


_TEXT = vol.Schema(vol.All(str, vol.Length(min=1, msg="must not be empty")))
_ACTION = vol.Schema(
    {
        "say": _TEXT,
        "play": _TEXT,
        "tool": vol.Schema({vol.Required("name"): _TEXT, "arguments": dict}),
        "hang_up": vol.Any(True, _TEXT, msg="must be true or a reason"),
        "goto": _TEXT,
    }
)
_STEP = vol.Schema(
    {
        "name": _TEXT,
        "do": _opening,
        "listen": vol.All(vol.Any(int, float, msg="must be seconds"), vol.Coerce(float), vol.Range(min=0.5, max=3600)),
        "on_speech": _reaction,
        "on_dtmf": {_key: _reaction},
        "on_silence": _reaction,
        "repeat": vol.All(int, vol.Range(min=0, max=1000)),
    }
)
DIALOGUE = vol.Schema(
    {
        "voice": _TEXT,
        "variables": {str: vol.Any(str, int, float)},
        "greeting": _opening,
        "steps": [_STEP],
    }
)
