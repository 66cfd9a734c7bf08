"""JSON schema of a tool from its annotations and docstring.

Understood: str, int, float, bool, Literal, list[T], T | None, enums of text, dataclasses, datetime.date and .datetime,
Annotated[T, "description"]. Keyword-only parameters are ports of the host and invisible to the model.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

Schema = dict[str, Any]

PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    # JSON schema's `date-time` demands an offset, which would invite a model to guess one.
    datetime: {"type": "string"},
}


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    annotation: Any
    required: bool


def description(function: Callable[..., Any]) -> str:
    """The docstring as the model reads it."""
    return inspect.getdoc(function) or ""


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """What the model fills in."""
    hints = typing.get_type_hints(function, include_extras=True)
    return [
        Parameter(p.name, hints[p.name], p.default is p.empty)
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD
    ]


def ports(function: Callable[..., Any]) -> list[str]:
    """The names of the ports it needs from the host."""
    signature = inspect.signature(function)
    return [p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]


def function_schema(function: Callable[..., Any]) -> Schema:
    """`parameters` of a function tool (OpenAI Realtime: `session.update`): an object that takes nothing else."""
    return _object(parameters(function))


def optional_of(annotation: Any) -> Any:
    """T of `T | None`, else None."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return None
    members = [member for member in get_args(annotation) if member is not type(None)]
    if len(members) != 1 or len(members) == len(get_args(annotation)):
        raise TypeError(f"a tool's parameter may be T | None, not {annotation}")
    return members[0]


def fields_of(annotation: type) -> list[Parameter]:
    """A dataclass' fields as parameters."""
    hints = typing.get_type_hints(annotation, include_extras=True)
    return [
        Parameter(f.name, hints[f.name], f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING)
        for f in dataclasses.fields(annotation)
    ]


def type_schema(annotation: Any) -> Schema:
    """The schema of one annotation; TypeError where a model could not be told what is meant."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, text, *_ = get_args(annotation)
        return {**type_schema(inner), "description": text}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(annotation))}
    if origin is list:
        return {"type": "array", "items": type_schema(get_args(annotation)[0])}
    if (inner := optional_of(annotation)) is not None:
        return _nullable(type_schema(inner))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"type": "string", "enum": [member.value for member in annotation]}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _object(fields_of(annotation))
    if annotation in PLAIN:
        return dict(PLAIN[annotation])
    raise TypeError(f"a tool's parameter cannot be {annotation!r}")


def _object(members: list[Parameter]) -> Schema:
    return {
        "type": "object",
        "properties": {member.name: type_schema(member.annotation) for member in members},
        "required": [member.name for member in members if member.required],
        "additionalProperties": False,
    }


def _nullable(schema: Schema) -> Schema:
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}
