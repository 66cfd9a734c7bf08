"""A model's JSON text becomes a tool's arguments, or an `ArgumentError` that tells the model what to do better."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from .schema import Parameter, fields_of, optional_of, parameters


class ArgumentError(ValueError):
    """One sentence for the model."""


def parse(function: Callable[..., Any], text: str) -> dict[str, Any]:
    """The keyword arguments in `text`; empty text is no arguments (some models send it)."""
    try:
        values = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise ArgumentError("The arguments are not valid JSON.") from None
    if not isinstance(values, dict):
        raise ArgumentError("The arguments must be a JSON object.")
    return _members(parameters(function), values, "")


def _members(known: list[Parameter], values: dict[str, Any], path: str) -> dict[str, Any]:
    for name in values:
        if name not in {member.name for member in known}:
            raise ArgumentError(f"Unknown argument {path + name!r}.")
    for member in known:
        if member.required and member.name not in values:
            raise ArgumentError(f"The argument {path + member.name!r} is missing.")
    return {
        member.name: _value(member.annotation, values[member.name], path + member.name)
        for member in known
        if member.name in values
    }


def _value(annotation: Any, value: Any, path: str) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _value(get_args(annotation)[0], value, path)
    if origin is Literal:
        return _one_of(get_args(annotation), value, path)
    if origin is list:
        return [_value(get_args(annotation)[0], item, f"{path}[{n}]") for n, item in enumerate(_is(list, value, path))]
    if (inner := optional_of(annotation)) is not None:
        return None if value is None else _value(inner, value, path)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation(_one_of(tuple(member.value for member in annotation), value, path))
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return annotation(**_members(fields_of(annotation), _is(dict, value, path), path + "."))
    if annotation in (date, datetime):
        return _date(annotation, value, path)
    return _plain(annotation, value, path)


def _one_of(allowed: tuple[Any, ...], value: Any, path: str) -> Any:
    if value not in allowed:
        raise ArgumentError(f"{path!r} must be one of: {', '.join(map(str, allowed))}.")
    return value


def _date(kind: type[date], value: Any, path: str) -> date:
    """A time without an offset stays without one: the tool knows whose clock is meant."""
    text = _is(str, value, path)
    try:
        return kind.fromisoformat(text)
    except ValueError:
        example = "a date such as 2026-01-31" if kind is date else "a date and time such as 2026-01-31T14:30"
        raise ArgumentError(f"{path!r} must be {example}.") from None


def _plain(annotation: type, value: Any, path: str) -> Any:
    if annotation is float and isinstance(value, int):
        value = value if isinstance(value, bool) else float(value)
    if annotation is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    return _is(annotation, value, path)


_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def _is(wanted: type, value: Any, path: str) -> Any:
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise ArgumentError(f"{path!r} must be {_NAMES[wanted]}.")
    return value
