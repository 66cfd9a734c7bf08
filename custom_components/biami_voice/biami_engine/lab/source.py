"""A YAML file with the line of every key, and a check whose errors say `file:line`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import voluptuous as vol
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from ..errors import ConfigError
from ..yaml_tree import line_of, read_tree


def read_checked(file: Path, schema: Callable[[Any], Any]) -> Any:
    """The file's data as `schema` returns it; raises `ConfigError` with the line of the first fault."""
    tree = read_tree(file)
    try:
        return schema(_plain(tree))
    except vol.Invalid as error:
        first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
        path = [step.schema if isinstance(step, vol.Marker) else step for step in first.path]
        raise ConfigError(str(first.error_message), ".".join(map(str, path)), f"{file}:{line_of(tree, path)}") from None


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(entry) for entry in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
