"""What may stand in a client's event: small checks that name the parameter they refuse, as the true server does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Shape = Callable[[Any, str], None]


class Refused(Exception):
    """An `error` event to be (OpenAI Realtime: `error`); the session goes on."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        self.code = code
        self.param = param
        super().__init__(message)


def anything(value: Any, path: str) -> None:
    """Not looked at."""


def text(value: Any, path: str) -> None:
    _of(str, "a string", value, path)


def flag(value: Any, path: str) -> None:
    _of(bool, "a boolean", value, path)


def number(low: float, high: float, whole: bool = False) -> Shape:
    """A number in a range; below it there is a code of its own."""

    def check(value: Any, path: str) -> None:
        wanted = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise _wrong_type("an integer" if whole else "a number", path)
        if value < low:
            code = "integer_below_min_value" if whole else "decimal_below_min_value"
            raise Refused(code, f"Invalid '{path}': expected a value >= {low:g}, but got {value} instead.", path)
        if value > high:
            code = "integer_above_max_value" if whole else "decimal_above_max_value"
            raise Refused(code, f"Invalid '{path}': expected a value <= {high:g}, but got {value} instead.", path)

    return check


def one_of(*words: str) -> Shape:
    def check(value: Any, path: str) -> None:
        if value not in words:
            known = ", ".join(f"'{word}'" for word in words)
            raise Refused("invalid_value", f"Invalid value: '{value}'. Supported values are: {known}.", path)

    return check


def nullable(shape: Shape) -> Shape:
    return lambda value, path: None if value is None else shape(value, path)


def either(*shapes: Shape) -> Shape:
    """The first that fits; where none does, the last one's complaint counts."""

    def check(value: Any, path: str) -> None:
        for shape in shapes[:-1]:
            try:
                return shape(value, path)
            except Refused:
                continue
        shapes[-1](value, path)

    return check


def listed(shape: Shape) -> Shape:
    def check(value: Any, path: str) -> None:
        _of(list, "an array", value, path)
        for number, item in enumerate(value):
            shape(item, f"{path}[{number}]")

    return check


def fields(known: Mapping[str, Shape], required: tuple[str, ...] = ()) -> Shape:
    """An object with these members and no others."""

    def check(value: Any, path: str) -> None:
        _of(dict, "an object", value, path)
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                raise Refused(
                    "missing_required_parameter", f"Missing required parameter: '{prefix}{name}'.", prefix + name
                )
        for name, member in value.items():
            if name not in known:
                raise Refused("unknown_parameter", f"Unknown parameter: '{prefix}{name}'.", prefix + name)
            known[name](member, prefix + name)

    return check


def by(key: str, kinds: Mapping[str, Shape]) -> Shape:
    """An object whose `key` says which kind it is."""

    def check(value: Any, path: str) -> None:
        _of(dict, "an object", value, path)
        prefix = f"{path}." if path else ""
        if key not in value:
            raise Refused("missing_required_parameter", f"Missing required parameter: '{prefix}{key}'.", prefix + key)
        one_of(*kinds)(value[key], prefix + key)
        kinds[value[key]](value, path)

    return check


def _of(kind: type, name: str, value: Any, path: str) -> None:
    if not isinstance(value, kind):
        raise _wrong_type(name, path)


def _wrong_type(name: str, path: str) -> Refused:
    return Refused("invalid_type", f"Invalid type for '{path}': expected {name}.", path)
