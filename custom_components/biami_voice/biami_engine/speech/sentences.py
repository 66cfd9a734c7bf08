"""Text into sentences, so that the first one can be heard while the next is synthesised."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_CHARACTERS = 300
"""About 20 s of speech; longer sentences are cut at a clause or a word."""

_ABBREVIATION = re.compile(
    r"mr|mrs|ms|dr|prof|rev|hon|st|sr|jr|vs|no|nos|dept|fig|vol|ext|tel|ca|approx|e\.g|i\.e"
    r"|z\.b|d\.h|u\.a|bzw|str|nr|hr|fr"
)
"""Words, in lower case and without it, whose full stop ends no sentence."""

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)")
_MONTH = re.compile(r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)")
_CLAUSE = re.compile(r"[,;:–—]\s")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, trimmed, none empty, none longer than `MAX_CHARACTERS`."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [piece for line in lines for sentence in _sentences(line) for piece in _bounded(sentence)]


def _sentences(line: str) -> Iterator[str]:
    start = 0
    for match in _END.finditer(line):
        if _ends(line[start : match.end()], line[match.end() :].lstrip()):
            yield line[start : match.end()].strip()
            start = match.end()
    if rest := line[start:].strip():
        yield rest


def _ends(sentence: str, following: str) -> bool:
    """Whether a sentence really ends here; `following` is what comes after the space."""
    if not sentence.endswith("."):
        return True
    if following[:1].islower():
        return False
    word = sentence.split()[-1].rstrip(".").lstrip("(\"'“‘").lower()
    initial = len(word) == 1 and word.isalpha() and word != "i"
    return not (initial or _ABBREVIATION.fullmatch(word) or _is_ordinal(word, following))


def _is_ordinal(word: str, following: str) -> bool:
    """A German date goes on (3. Oktober); `Press 3. Then wait` does not."""
    return word.isdigit() and len(word) <= 2 and _MONTH.match(following) is not None


def _bounded(sentence: str) -> Iterator[str]:
    while len(sentence) > MAX_CHARACTERS:
        cut = _cut(sentence)
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence


def _cut(sentence: str) -> int:
    """At the last clause, else the last word, else in the middle of an endless word."""
    clauses = [match.end() for match in _CLAUSE.finditer(sentence, MAX_CHARACTERS // 3, MAX_CHARACTERS)]
    return clauses[-1] if clauses else sentence.rfind(" ", 1, MAX_CHARACTERS) + 1 or MAX_CHARACTERS


class SentenceStream:
    """Text in pieces, whole sentences out. The last one is not known to be whole until the next begins, or the end."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, piece: str) -> list[str]:
        self._text += piece
        # What follows a full stop tells whether it ended a sentence: two characters of it are enough for `_ends`.
        *whole, rest = split_sentences(self._text) or [""]
        if not whole or len(rest) < 2:
            return []
        self._text = rest + self._text[len(self._text.rstrip()) :]
        return whole

    def flush(self) -> list[str]:
        rest, self._text = self._text, ""
        return split_sentences(rest)
