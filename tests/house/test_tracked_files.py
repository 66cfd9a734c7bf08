"""What may not stand in any file, and how large files and functions are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .sizes import lengths

FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|farm)/[\w.]|/home/(?!biami|pi\b|user\b)\w"),
    "a package registry's host": re.compile(
        r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b|\bdeb\.debian\b", re.IGNORECASE
    ),
    "how it was written": re.compile(
        r"\b(?:AI|machine|LLM)[- ](?:written|generated|authored)\b|\bco-authored-by\b|\bClaude Code\b|\bsub-?agents?\b",
        re.IGNORECASE,
    ),
    "work left undone": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
    "an ignore without its code or reason": re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)"),
}
BUILT = ("web/static/assets/", "package-lock.json")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
LARGE_FOR_A_REASON: dict[str, str] = {}
"""`path` or `path::function` → why a reader would agree."""


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:4096]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has(root: Path, tracked_files: list[Path], what: str) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"
        for path in tracked_files
        if path != Path(__file__) and not any(part in str(path) for part in BUILT) and is_text(path)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_files_and_functions_are_short(root: Path) -> None:
    large = {
        length.name: length.lines
        for length in lengths(root)
        if length.lines > (MAX_FUNCTION_LINES if length.is_function else MAX_FILE_LINES)
    }
    assert {name: lines for name, lines in large.items() if name not in LARGE_FOR_A_REASON} == {}
    assert set(LARGE_FOR_A_REASON) <= set(large), "no longer large: take it off the list"
