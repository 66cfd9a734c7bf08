"""YAML as Home Assistant's users know it, with the line of every key.

`!secret name` looks into `secrets.yaml` beside the file and then upward to the folder of the configuration;
`!env_var NAME default` reads the environment; `!include file` puts another file in its place. Comments survive
(ruamel.yaml's round trip), so a program may edit a file later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import ScalarInt

from biami_engine.errors import ConfigError
from biami_engine.yaml_tree import read_tree

SECRETS_FILE = "secrets.yaml"
MAX_INCLUDE_DEPTH = 10


@dataclass(slots=True)
class YamlDocument:
    """Plain data and where each key path (`lines.office.number`) was written (`biami.yaml:12`)."""

    data: Any = field(default=None, repr=False)
    sources: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set, repr=False)
    """Every value that came from a secrets file: no log may show it."""

    def source_of(self, path: str) -> str:
        """The line of a key, or of the nearest section around it where the key itself is missing."""
        while path not in self.sources and "." in path:
            path = path.rpartition(".")[0]
        return self.sources.get(path, self.sources.get("", ""))


def load_yaml(path: Path, environment: Mapping[str, str], root: Path | None = None) -> YamlDocument:
    """Read a file with its includes; raises `ConfigError` with file and line."""
    document = YamlDocument()
    reader = _Reader(document, environment, (root or path.parent).resolve())
    document.data = reader.read(path, "", ())
    return document


class _Reader:
    """Turns ruamel's nodes into plain data, noting the line of each key on the way."""

    def __init__(self, document: YamlDocument, environment: Mapping[str, str], root: Path) -> None:
        self._document = document
        self._environment = environment
        self._root = root
        self._secret_files: dict[Path, dict[str, Any]] = {}

    def read(self, file: Path, path: str, parents: tuple[Path, ...]) -> Any:
        if file.resolve() in parents or len(parents) > MAX_INCLUDE_DEPTH:
            raise ConfigError("includes itself, directly or through another file", path, str(file))
        tree = read_tree(file)
        self._document.sources.setdefault(path, f"{file}:1")
        return self._plain(tree, _Place(file, path, 1, (*parents, file.resolve())))

    def _plain(self, node: Any, place: _Place) -> Any:
        if isinstance(node, CommentedMap):
            return {key: self._plain(node[key], self._enter(place, key, _line_of(node, key, place))) for key in node}
        if isinstance(node, CommentedSeq):
            return [
                self._plain(entry, self._enter(place, index, _line_of(node, index, place)))
                for index, entry in enumerate(node)
            ]
        if isinstance(node, TaggedScalar):
            return self._tagged(str(node.tag.value), str(node.value), place)
        return _scalar(node)

    def _enter(self, place: _Place, key: Any, line: int) -> _Place:
        inner = _Place(place.file, f"{place.path}.{key}" if place.path else str(key), line, place.parents)
        self._document.sources[inner.path] = inner.source
        return inner

    def _tagged(self, tag: str, value: str, place: _Place) -> Any:
        if tag == "!secret":
            return self._secret(value.strip(), place)
        if tag == "!env_var":
            return self._variable(value, place)
        if tag == "!include":
            return self.read(place.file.parent / value.strip(), place.path, place.parents)
        raise ConfigError(f"{tag} is unknown: there are !secret, !env_var and !include", place.path, place.source)

    def _secret(self, name: str, place: _Place) -> Any:
        folder = place.file.parent.resolve()
        while True:
            secrets = self._secrets_in(folder)
            if name in secrets:
                self._document.secrets.add(str(secrets[name]))
                return secrets[name]
            if folder == self._root or self._root not in folder.parents:
                break
            folder = folder.parent
        message = f"the secret {name} is not defined: write `{name}: …` into {SECRETS_FILE} beside the configuration"
        raise ConfigError(message, place.path, place.source)

    def _secrets_in(self, folder: Path) -> dict[str, Any]:
        file = folder / SECRETS_FILE
        if file not in self._secret_files:
            tree = read_tree(file) if file.is_file() else {}
            if not isinstance(tree, (dict, type(None))):
                raise ConfigError("must be `name: value` lines", source=str(file))
            self._secret_files[file] = {str(key): _scalar(value) for key, value in (tree or {}).items()}
        return self._secret_files[file]

    def _variable(self, value: str, place: _Place) -> str:
        name, _, default = value.strip().partition(" ")
        if name in self._environment:
            return self._environment[name]
        if default.strip():
            return default.strip()
        message = f"the environment variable {name} is not set: set it, or give a default after its name"
        raise ConfigError(message, place.path, place.source)


@dataclass(frozen=True, slots=True)
class _Place:
    file: Path
    path: str
    line: int
    parents: tuple[Path, ...]

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"


def _line_of(node: CommentedMap | CommentedSeq, key: Any, place: _Place) -> int:
    """Merged keys (`<<`) have no line of their own: theirs is the section's."""
    positions = node.lc.data or {}
    return int(positions[key][0]) + 1 if key in positions else place.line


def _scalar(node: Any) -> Any:
    """Ruamel's scalars remember how they were written; nobody else should have to know them."""
    if isinstance(node, ScalarBoolean):
        return bool(node)
    if isinstance(node, ScalarInt):
        return int(node)
    if isinstance(node, ScalarFloat):
        return float(node)
    return str(node) if isinstance(node, str) else node
