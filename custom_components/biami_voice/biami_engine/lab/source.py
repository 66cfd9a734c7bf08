"""A YAML file with the line of every key, and a check whose errors say `file:line`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import voluptuous as vol
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..errors import ConfigError


def read_checked(file: Path, schema: Callable[[Any], Any]) -> Any:
    """The file's data as `schema` returns it; raises `ConfigError` with the line of the first fault."""
    tree = _parse(file)
    try:
        return schema(_plain(tree))
    except vol.Invalid as error:
        first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
        path = [step.schema if isinstance(step, vol.Marker) else step for step in first.path]
        raise ConfigError(
            str(first.error_message), ".".join(map(str, path)), f"{file}:{_line_of(tree, path)}"
        ) from None


def _parse(file: Path) -> Any:
    try:
        return YAML(typ="rt").load(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", source=str(file)) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise ConfigError(f"is not YAML: {error.problem}", source=f"{file}:{line}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not YAML: {error}", source=str(file)) from None


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


def _line_of(node: Any, path: Sequence[Any]) -> int:
    """Where the last key of `path` that exists was written."""
    line = 1
    for step in path:
        try:
            line = (node.lc.key(step) if isinstance(node, CommentedMap) else node.lc.item(step))[0] + 1
            node = node[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line
