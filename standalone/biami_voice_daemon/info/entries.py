"""Info files to entries: each heading of a Markdown file, each key of a YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from biami_engine.tools.ports import InfoEntry

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")


def markdown_entries(text: str, file: str, title: str) -> list[InfoEntry]:
    """What stands under each heading, named by the headings above it as well; what stands before has the title."""
    entries: list[InfoEntry] = []
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False

    def close() -> None:
        body = _plain("\n".join(lines))
        heading = " / ".join(words for _, words in path) or title
        if body:
            entries.append(InfoEntry(heading, body, _source(file, path[-1][1] if path else "")))
        lines.clear()

    for line in _COMMENT.sub("", text).splitlines():
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        close()
        level = len(found[1])
        path = [(depth, words) for depth, words in path if depth < level] + [(level, _plain(found[2]))]
    close()
    return entries


def yaml_entries(data: Any, file: str, title: str) -> list[InfoEntry]:
    """Each key of the top is an entry; a list of `question` and `answer` pairs is one for each pair."""
    if isinstance(data, dict):
        pairs = [(str(key), value) for key, value in data.items()]
    elif isinstance(data, list):
        pairs = [_of_list(item, title) for item in data]
    else:
        pairs = [(title, data)]
    return [InfoEntry(heading, body, _source(file, heading)) for heading, value in pairs if (body := _spoken(value))]


def _of_list(item: Any, title: str) -> tuple[str, Any]:
    if isinstance(item, dict):
        for key in ("question", "heading", "title", "name"):
            if key in item:
                rest = {word: value for word, value in item.items() if word != key}
                return str(item[key]), rest["answer"] if set(rest) == {"answer"} else rest
    return title, item


def _spoken(value: Any, depth: int = 0) -> str:
    """Data as lines of text."""
    if value is None or depth > 10:
        return ""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {body}" for key, body in _bodies(value, depth) if body)
    if isinstance(value, list):
        return "\n".join(_spoken(item, depth + 1) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _bodies(value: dict[Any, Any], depth: int) -> Iterator[tuple[Any, str]]:
    for key, inner in value.items():
        body = _spoken(inner, depth + 1)
        yield key, f"\n{body}" if isinstance(inner, dict | list) and body else body


def _plain(text: str) -> str:
    """Without the marks that nobody speaks."""
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()


def _source(file: str, heading: str) -> str:
    return f"{file}, “{heading}”" if heading else file
