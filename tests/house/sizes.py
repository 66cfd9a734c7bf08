"""How long files and functions are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOMS = ("custom_components", "standalone")


@dataclass(frozen=True)
class Length:
    """`name` is a file's path, or `path::function`."""

    name: str
    lines: int

    @property
    def is_function(self) -> bool:
        return "::" in self.name


def lengths(root: Path) -> Iterator[Length]:
    for path in (path for room in ROOMS for path in (root / room).rglob("*.py")):
        source, name = path.read_text("utf-8"), str(path.relative_to(root))
        yield Length(name, source.count("\n"))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Length(f"{name}::{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)


def summary(root: Path) -> str:
    every = [length for length in lengths(root) if length.lines]
    functions = [length.lines for length in every if length.is_function]
    files = sorted((length for length in every if not length.is_function), key=lambda length: -length.lines)
    return (
        f"sizes: {len(files)} files, median {median(file.lines for file in files):g} lines, "
        f"longest "
        f"{', '.join(f'{Path(file.name).name} {file.lines}' for file in files[:5])}; {len(functions)} functions, "
        f"median {median(functions):g} lines, {sum(lines > 60 for lines in functions)} over 60"
    )
