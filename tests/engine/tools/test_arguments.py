from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from biami_engine.tools.arguments import ArgumentError, parse


class Mood(Enum):
    CALM = "calm"


@dataclass
class Guest:
    name: str
    age: int = 0


def book(
    day: Annotated[date, "Which day."],
    seats: int = 2,
    price: float = 1.0,
    window: bool = False,
    size: Literal["small", "large"] = "small",
    mood: Mood = Mood.CALM,
    guests: list[Guest] | None = None,
) -> None: ...


def test_values_become_what_the_function_wants() -> None:
    text = '{"day": "2026-11-24", "seats": 3.0, "price": 4, "mood": "calm", "guests": [{"name": "Anna", "age": 7}]}'
    assert parse(book, text) == {
        "day": date(2026, 11, 24),
        "seats": 3,
        "price": 4.0,
        "mood": Mood.CALM,
        "guests": [Guest("Anna", 7)],
    }


def test_null_is_none_where_it_may_be() -> None:
    assert parse(book, '{"day": "2026-11-24", "guests": null}')["guests"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"day": "2026-', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('"2026-11-24"', "must be a JSON object"),
        ("", "'day' is missing"),
        ('{"day": "tomorrow"}', "'day' must be a date"),
        ('{"day": 5}', "'day' must be text"),
        ('{"day": "2026-11-24", "seats": "two"}', "'seats' must be a whole number"),
        ('{"day": "2026-11-24", "seats": 2.5}', "'seats' must be a whole number"),
        ('{"day": "2026-11-24", "seats": true}', "'seats' must be a whole number"),
        ('{"day": "2026-11-24", "price": true}', "'price' must be a number"),
        ('{"day": "2026-11-24", "window": 1}', "'window' must be true or false"),
        ('{"day": "2026-11-24", "size": "huge"}', "'size' must be one of: small, large"),
        ('{"day": "2026-11-24", "mood": []}', "'mood' must be one of: calm"),
        ('{"day": "2026-11-24", "guests": {}}', "'guests' must be a list"),
        ('{"day": "2026-11-24", "guests": [{"age": 3}]}', "'guests[0].name' is missing"),
        ('{"day": "2026-11-24", "colour": "red"}', "Unknown argument 'colour'"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words.replace("[", r"\[")):
        parse(book, text)


def test_a_function_without_parameters_takes_empty_text() -> None:
    def now() -> None: ...

    empty: dict[str, Any] = {}
    assert parse(now, "") == empty
    assert parse(now, "{}") == empty
