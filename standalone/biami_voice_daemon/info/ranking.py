"""Which entries answer a question: BM25 over stems, with headings counted more, and a bar for what counts as found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix

from biami_engine.tools.ports import InfoEntry

from .words import words

K1 = 1.2
B = 0.75
"""The usual values of Okapi BM25."""
HEADING_WEIGHT = 3
UNKNOWN_WEIGHT = 0.6
"""Of a word that stands nowhere: it says less than one that stands elsewhere."""
MIN_COVERAGE = 0.45
"""The part of a question that an entry must hold, its rare words counted more; below, it answers another question."""
IN_HEADING = 1.5
"""What the question and the heading have in common counts more towards it."""
NEAR_BEST = 0.5
"""Entries with less than this part of the best one's score are noise."""
KINSHIP = 0.7
"""What a related word is worth: `inspect` for `inspection`, `park` in `parkplatz`."""
MIN_SHARED = 5
"""Letters with which two related words begin."""


@dataclass(frozen=True, slots=True)
class _Indexed:
    entry: InfoEntry
    counts: Counter[str]
    heading: frozenset[str]
    length: int


class Ranking:
    """Made once for a state of the files."""

    def __init__(self, entries: Sequence[InfoEntry]) -> None:
        self._entries = [_indexed(entry) for entry in entries]
        self._average = sum(entry.length for entry in self._entries) / max(1, len(self._entries)) or 1.0
        self._holding = Counter(word for entry in self._entries for word in entry.counts)

    @property
    def headings(self) -> list[str]:
        return list(dict.fromkeys(entry.entry.heading for entry in self._entries))

    def best(self, question: str, limit: int) -> list[InfoEntry]:
        asked = [self._meant_by(word) for word in dict.fromkeys(words(question))]
        rated = [
            (score, covered, entry.entry) for entry in self._entries for score, covered in [self._rate(entry, asked)]
        ]
        fitting = sorted((rating for rating in rated if rating[1] >= MIN_COVERAGE), key=lambda rating: -rating[0])
        return [entry for score, _, entry in fitting[:limit] if score >= NEAR_BEST * fitting[0][0]]

    def _rate(self, entry: _Indexed, asked: list[dict[str, float]]) -> tuple[float, float]:
        """The entry's score, and how much of the question it holds."""
        score = held = total = 0.0
        for forms in asked:
            weight = max((self._rarity(word) for word in forms), default=UNKNOWN_WEIGHT * self._rarity(""))
            best, word = max(
                ((self._score(entry, word) * worth, word) for word, worth in forms.items()), default=(0.0, "")
            )
            score += best
            total += weight
            if best:
                held += weight * (IN_HEADING if word in entry.heading else 1)
        return score, held / total if total else 0.0

    def _meant_by(self, word: str) -> dict[str, float]:
        """The stems of the files that mean it, and how surely."""
        if word in self._holding:
            return {word: 1.0}
        return {known: KINSHIP for known in self._holding if _kin(word, known)}

    def _rarity(self, word: str) -> float:
        count = self._holding.get(word, 0)
        return math.log(1 + (len(self._entries) - count + 0.5) / (count + 0.5))

    def _score(self, entry: _Indexed, word: str) -> float:
        count = entry.counts.get(word, 0)
        if not count:
            return 0.0
        damped = count + K1 * (1 - B + B * entry.length / self._average)
        return self._rarity(word) * count * (K1 + 1) / damped


def _kin(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < MIN_SHARED - 1:
        return False
    shared = len(commonprefix((short, long)))
    ends = len(short) >= MIN_SHARED and long.endswith(short)
    return shared == len(short) or ends or (shared >= MIN_SHARED and shared >= 0.6 * len(long))


def _indexed(entry: InfoEntry) -> _Indexed:
    counts = Counter(words(entry.text))
    for word in words(entry.heading):
        counts[word] += HEADING_WEIGHT
    return _Indexed(entry, counts, frozenset(words(entry.heading)), sum(counts.values()))
