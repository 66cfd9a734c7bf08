"""Sections of a configuration: known keys, all faults at once, each with the path of its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import voluptuous as vol

from . import values as v


class Section:
    """A mapping with known keys; calling it gives the checked ones."""

    def __init__(self, required: Mapping[str, v.Check] | None = None, **optional: v.Check) -> None:
        self.required = dict(required or {})
        self.keys: dict[str, v.Check] = {**self.required, **optional}
        self._schema = vol.Schema(
            {vol.Optional(key): check for key, check in self.keys.items()}, extra=vol.REMOVE_EXTRA
        )

    def __call__(self, value: Any) -> dict[str, Any]:
        given = mapping(value)
        errors = [
            vol.Invalid(f"is not a setting here{v.did_you_mean(key, self.keys)}: correct or remove it", path=[key])
            for key in given
            if key not in self.keys
        ]
        errors += [
            vol.Invalid(f'is missing: add "{key}:" here', path=[key]) for key in self.required if key not in given
        ]
        checked: dict[str, Any] = {}
        try:
            checked = self._schema(dict(given))
        except vol.Invalid as error:
            errors.append(error)
        v.raise_all(errors)
        return checked


def mapping(value: Any) -> Mapping[Any, Any]:
    """A section with all its lines commented out is None in YAML."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise vol.Invalid(f"must be a section of `key: value` lines, not {v.shown(value)}")
    return value


def made(make: Callable[..., Any], section: Section) -> v.Check:
    return lambda value: make(**section(value))


def named(make: Callable[[str, Any], Any], key: v.Check = v.name) -> v.Check:
    """A mapping from names of the user's choice to sections."""

    def check(value: Any) -> dict[str, Any]:
        checked, errors = {}, []
        for name, entry in mapping(value).items():
            try:
                checked[name] = make(key(name), entry)
            except vol.Invalid as error:
                error.prepend([name])
                errors.append(error)
        v.raise_all(errors)
        return checked

    return check


def typed(key: str, known: Mapping[str, Any], value: Any) -> tuple[str, dict[Any, Any]]:
    """Split the word that says which kind of section this is from the rest."""
    rest = dict(mapping(value))
    if key not in rest:
        raise vol.Invalid(f"is missing: one of {', '.join(known)}", path=[key])
    word = rest.pop(key)
    if word not in known:
        hint = v.did_you_mean(word, known)
        raise vol.Invalid(f"{v.shown(word)} is unknown: one of {', '.join(known)}{hint}", path=[key])
    return word, rest
