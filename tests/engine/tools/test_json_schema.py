from __future__ import annotations

from typing import Any

import pytest

from biami_engine.tools.arguments import ArgumentError
from biami_engine.tools.json_schema import check, schema_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5, "description": "Who"},
        "size": {"type": "string", "enum": ["small", "large"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "price": {"type": "number"},
        "gift": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "to": {"type": "object", "properties": {"street": {"type": "string"}}, "required": ["street"]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def test_what_fits_passes() -> None:
    assert schema_faults(SCHEMA) == []
    check(SCHEMA, {"name": "Anna", "size": "small", "count": 3.0, "price": 1, "gift": True, "tags": ["a"]})
    check(SCHEMA, {"name": "Anna", "to": {"street": "x"}})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "The arguments must be an object"),
        ({}, "'name' is missing"),
        ({"name": 5}, "'name' must be text"),
        ({"name": "A"}, "'name' must be at least 2 characters"),
        ({"name": "Annalena"}, "'name' must be at most 5 characters"),
        ({"name": "Anna", "size": "huge"}, "'size' must be one of: small, large"),
        ({"name": "Anna", "count": 0}, "'count' must be at least 1"),
        ({"name": "Anna", "count": 1.5}, "'count' must be a whole number"),
        ({"name": "Anna", "count": True}, "'count' must be a whole number"),
        ({"name": "Anna", "gift": "yes"}, "'gift' must be true or false"),
        ({"name": "Anna", "tags": [1]}, r"'tags\[0\]' must be text"),
        ({"name": "Anna", "tags": ["a", "b", "c"]}, "'tags' must be at most 2 entries"),
        ({"name": "Anna", "to": {}}, "'to.street' is missing"),
        ({"name": "Anna", "to": {"street": "x", "zip": 1}}, "Unknown argument 'to.zip'"),
        ({"name": "Anna", "more": 1}, "Unknown argument 'more'"),
    ],
)
def test_what_does_not_fit_is_told_to_the_model(value: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        check(SCHEMA, value)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "needs a `type`"),
        ("text", "needs a `type`"),
        ({"type": "object", "properties": {"a": {"type": "date"}}}, "a needs a `type`"),
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}, "'pattern' is not understood"),
        ({"type": "object", "required": ["b"]}, "'b' is required but not among the properties"),
        ({"type": "object", "properties": {"a": {"type": "array", "items": {}}}}, "a[] needs a `type`"),
    ],
)
def test_a_schema_that_would_be_ignored_is_a_fault(schema: Any, words: str) -> None:
    assert any(words in fault for fault in schema_faults(schema))
