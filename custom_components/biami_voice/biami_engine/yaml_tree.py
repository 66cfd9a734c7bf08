"""YAML files as ruamel's trees, which know the line of every key; whatever is wrong is told with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from .errors import ConfigError

MAX_FILE_BYTES = 1_000_000


def read_tree(file: Path) -> Any:
    """The tree of one file, comments kept; raises `ConfigError`."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"is larger than {MAX_FILE_BYTES // 1000} kB, which no such file is", source=str(file))
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", source=str(file)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 text (byte {error.start})", source=str(file)) from None
    try:
        return YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or error.context or "is not YAML").split("\n")[0]
        raise ConfigError(f"is not YAML: {problem}", source=f"{file}:{mark.line + 1}" if mark else str(file)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"is not YAML: {str(error).splitlines()[0]}", source=str(file)) from None


def line_of(tree: Any, path: Sequence[Any]) -> int:
    """The line of the deepest part of the path that the file has."""
    line = 1
    for step in path:
        try:
            marks = tree.lc  # ruamel's line and column of each key or item
            line = (marks.key(step) if isinstance(tree, Mapping) else marks.item(step))[0] + 1
            tree = tree[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return int(line)
