"""`{argument}` filled into a URL, a header or a JSON body, so that a value stays a value wherever it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .arguments import ArgumentError

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def names_in(template: Any) -> set[str]:
    """Every placeholder, in keys nowhere, in texts everywhere."""
    if isinstance(template, str):
        return set(PLACEHOLDER.findall(template))
    if isinstance(template, Mapping):
        return {name for value in template.values() for name in names_in(value)}
    if isinstance(template, list | tuple):
        return {name for value in template for name in names_in(value)}
    return set()


def fill_url(template: str, values: Mapping[str, Any]) -> str:
    """Values are percent-encoded whole (RFC 3986, 2.1) and cannot climb the path."""
    url = PLACEHOLDER.sub(lambda match: quote(_text(values.get(match[1])), safe=""), template)
    given = {unquote(segment) for segment in urlsplit(url).path.split("/")}
    if given & {".", ".."} - set(urlsplit(template).path.split("/")):
        raise ArgumentError("An argument must not be a path.")
    return url


def fill_header(template: str, values: Mapping[str, Any]) -> str:
    """A line break would begin another header (RFC 9110, 5.5)."""
    text = PLACEHOLDER.sub(lambda match: _text(values.get(match[1])), template)
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ArgumentError("An argument must be a single line of text.")
    return text


def fill_body(template: Any, values: Mapping[str, Any]) -> Any:
    """Text that is one placeholder becomes the value itself, number or list; a member without a value is left out."""
    if isinstance(template, str):
        alone = PLACEHOLDER.fullmatch(template)
        if alone:
            return values.get(alone[1])
        return PLACEHOLDER.sub(lambda match: _text(values.get(match[1])), template)
    if isinstance(template, Mapping):
        filled = {key: (value, fill_body(value, values)) for key, value in template.items()}
        return {key: made for key, (value, made) in filled.items() if made is not None or value is None}
    if isinstance(template, list | tuple):
        return [fill_body(value, values) for value in template]
    return template


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
