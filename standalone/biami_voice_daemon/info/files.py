"""The folder of info files: read again when something in it changes; a broken file is left out and named in the log."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from biami_engine.config import EngineConfig
from biami_engine.tools.ports import InfoEntry

from .entries import markdown_entries, yaml_entries
from .ranking import Ranking

MAX_FILES = 500
MAX_FILE_BYTES = 1_000_000
SUFFIXES = (".md", ".markdown", ".yaml", ".yml", ".txt")

_log = logging.getLogger(__name__)


class InfoFiles:
    """Fulfils `tools.ports.Info`. `path` is a folder, with those in it, or one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: tuple[Any, ...] | None = None
        self._ranking = Ranking(())
        self._lock = threading.Lock()

    async def search(self, question: str, limit: int = 3) -> Sequence[InfoEntry]:
        return await asyncio.to_thread(lambda: self._current().best(question, limit))

    async def topics(self, limit: int = 40) -> Sequence[str]:
        return (await asyncio.to_thread(self._current)).headings[:limit]

    def _current(self) -> Ranking:
        with self._lock:
            files = self._files()
            state = tuple((path, status.st_mtime_ns, status.st_size) for path, status in files)
            if state != self._state:
                self._ranking = Ranking([entry for path, _ in files for entry in self._read(path)])
                self._state = state
            return self._ranking

    def _files(self) -> list[tuple[Path, Any]]:
        found = sorted(self._path.rglob("*")) if self._path.is_dir() else [self._path]
        kept = []
        for path in found:
            if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
                try:
                    kept.append((path, path.stat()))
                except OSError as error:
                    _log.warning("info file %s cannot be read: %s", path.name, error.strerror)
        if len(kept) > MAX_FILES:
            _log.warning("only the first %d info files of %s are read", MAX_FILES, self._path.name)
        return kept[:MAX_FILES]

    def _read(self, path: Path) -> list[InfoEntry]:
        file = str(path.relative_to(self._path)) if path != self._path else path.name
        title = path.stem.replace("-", " ").replace("_", " ")
        try:
            with path.open("rb") as stream:
                content = stream.read(MAX_FILE_BYTES + 1)
            if len(content) > MAX_FILE_BYTES:
                raise ValueError(f"is larger than {MAX_FILE_BYTES // 1000} kB")
            text = content.decode("utf-8-sig")
            if path.suffix.lower() in (".yaml", ".yml"):
                return yaml_entries(YAML(typ="safe", pure=True).load(text), file, title)
            return markdown_entries(text, file, title)
        except (OSError, ValueError, YAMLError, RecursionError) as error:
            _log.warning("info file %s is left out: %s", file, (str(error).splitlines() or [""])[0])
            return []


def info_files(config: EngineConfig) -> InfoFiles | None:
    """What `tools.info` names; nothing is read yet."""
    if not config.tools.info.path:
        return None
    return InfoFiles(Path(config.config_dir, config.tools.info.path))
