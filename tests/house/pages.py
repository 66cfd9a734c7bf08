"""Reading the documentation: headings, tables, links, code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(```+)(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Section:
    """A heading with all that stands under it, smaller headings included."""

    heading: str
    text: str

    @property
    def keys(self) -> set[str]:
        """Code words in headings and in the first cells of table rows."""
        rows = re.findall(r"^\|([^|]*)\|", self.text, re.MULTILINE)
        headings = [heading for _, heading in _HEADING.findall(self.text)]
        return {code.strip() for part in (*rows, *headings, self.heading) for code in _CODE.findall(part)}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int


def without_code(text: str) -> str:
    return _FENCE.sub("", text)


def sections(page: Path) -> Iterator[Section]:
    text = without_code(page.read_text("utf-8"))
    headings = list(_HEADING.finditer(text))
    for index, match in enumerate(headings):
        later = (other for other in headings[index + 1 :] if len(other[1]) <= len(match[1]))
        end = next((other.start() for other in later), len(text))
        yield Section(match[2], text[match.end() : end])


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        yield Block(match[2], match[3], text.count("\n", 0, match.start()) + 1)


def links(page: Path) -> list[str]:
    return _LINK.findall(without_code(page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them: lower case, spaces to dashes, punctuation dropped."""
    plain = (re.sub(r"[^\w\- ]", "", section.heading.lower()) for section in sections(page))
    return {heading.replace(" ", "-") for heading in plain}
