from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest

from biami_engine.tools.schema import description, function_schema, ports


class Mood(Enum):
    CALM = "calm"
    LOUD = "loud"


@dataclass
class Guest:
    name: Annotated[str, "Full name."]
    age: int = 0


def book(
    day: Annotated[date, "Which day."],
    seats: int,
    price: float = 1.0,
    window: bool = False,
    size: Literal["small", "large"] = "small",
    mood: Mood = Mood.CALM,
    guests: list[Guest] | None = None,
    note: str | None = None,
    *,
    calendar: object,
) -> None:
    """Book a table.

    Only after the caller agreed.
    """


def test_the_schema_follows_the_annotations() -> None:
    schema = function_schema(book)
    assert schema["required"] == ["day", "seats"]
    assert schema["additionalProperties"] is False
    guest = {
        "type": "object",
        "properties": {"name": {"type": "string", "description": "Full name."}, "age": {"type": "integer"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert schema["properties"] == {
        "day": {"type": "string", "format": "date", "description": "Which day."},
        "seats": {"type": "integer"},
        "price": {"type": "number"},
        "window": {"type": "boolean"},
        "size": {"type": "string", "enum": ["small", "large"]},
        "mood": {"type": "string", "enum": ["calm", "loud"]},
        "guests": {"type": ["array", "null"], "items": guest},
        "note": {"type": ["string", "null"]},
    }


def test_the_docstring_is_the_description() -> None:
    assert description(book) == "Book a table.\n\nOnly after the caller agreed."


def test_keyword_only_parameters_are_ports() -> None:
    assert ports(book) == ["calendar"]


def test_an_optional_literal_may_be_null() -> None:
    def pick(size: Literal["small", "large"] | None = None) -> None: ...

    assert function_schema(pick)["properties"]["size"] == {"type": ["string", "null"], "enum": ["small", "large", None]}


@pytest.mark.parametrize("annotation", [dict, bytes, int | str])
def test_what_no_model_could_fill_in_is_our_fault(annotation: object) -> None:
    def tool(value) -> None: ...  # type: ignore[no-untyped-def]  # annotated on the next line

    tool.__annotations__["value"] = annotation
    with pytest.raises(TypeError):
        function_schema(tool)
