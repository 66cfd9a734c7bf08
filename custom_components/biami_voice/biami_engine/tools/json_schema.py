"""The part of JSON schema that a tool's parameters may use; anything else is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .arguments import ArgumentError

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_ANYWHERE = {"type", "description", "enum", "title", "default", "examples"}
_BY_TYPE = {
    "string": {"minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set[str](),
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
}


def schema_faults(schema: Any, path: str = "") -> list[str]:
    """What is wrong with a schema itself."""
    if not isinstance(schema, Mapping) or schema.get("type") not in TYPES:
        return [f"{path or 'the schema'} needs a `type`: one of {', '.join(TYPES)}"]
    kind = schema["type"]
    faults = [
        f"{path or 'the schema'}: {word!r} is not understood here"
        for word in schema
        if word not in _ANYWHERE | _BY_TYPE[kind]
    ]
    if kind == "object":
        properties = schema.get("properties") or {}
        for name, inner in properties.items():
            faults += schema_faults(inner, f"{path}.{name}" if path else str(name))
        faults += [
            f"{name!r} is required but not among the properties"
            for name in set(schema.get("required") or ()) - set(properties)
        ]
    if kind == "array" and "items" in schema:
        faults += schema_faults(schema["items"], f"{path}[]")
    return faults


def check(schema: Mapping[str, Any], value: Any, path: str = "") -> None:
    """Raise `ArgumentError` with a sentence for the model where `value` does not fit."""
    kind: str = schema["type"]
    name = repr(path) if path else "The arguments"
    whole = kind == "integer" and type(value) is float and value.is_integer()
    if not (whole or type(value) in TYPES[kind]):
        raise ArgumentError(f"{name} must be {_WORDS[kind]}.")
    if "enum" in schema and value not in schema["enum"]:
        raise ArgumentError(f"{name} must be one of: {', '.join(map(str, schema['enum']))}.")
    _check_bounds(schema, kind, value, name)
    if kind == "object":
        _check_members(schema, value, path)
    if kind == "array" and "items" in schema:
        for number, item in enumerate(value):
            check(schema["items"], item, f"{path}[{number}]")


def _check_bounds(schema: Mapping[str, Any], kind: str, value: Any, name: str) -> None:
    size = value if kind in ("integer", "number") else len(value) if kind in ("string", "array") else 0
    low = schema.get({"string": "minLength", "array": "minItems"}.get(kind, "minimum"))
    high = schema.get({"string": "maxLength", "array": "maxItems"}.get(kind, "maximum"))
    unit = {"string": " characters", "array": " entries"}.get(kind, "")
    if low is not None and size < low:
        raise ArgumentError(f"{name} must be at least {low}{unit}.")
    if high is not None and size > high:
        raise ArgumentError(f"{name} must be at most {high}{unit}.")


def _check_members(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> None:
    properties = schema.get("properties") or {}
    prefix = f"{path}." if path else ""
    for name in schema.get("required") or ():
        if name not in value:
            raise ArgumentError(f"The argument {prefix + name!r} is missing.")
    for name, member in value.items():
        if name in properties:
            check(properties[name], member, prefix + name)
        elif not schema.get("additionalProperties"):
            raise ArgumentError(f"Unknown argument {prefix + name!r}.")
