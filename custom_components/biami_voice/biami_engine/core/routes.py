"""Who hears whom in a call: pairs of speaker and hearer over leg ids and the agent."""

from __future__ import annotations

from collections.abc import Iterable

AGENT = "agent"

Pair = tuple[str, str]


def conversation(leg: str) -> frozenset[Pair]:
    """The ordinary call: this leg and the agent hear each other."""
    return frozenset({(AGENT, leg), (leg, AGENT)})


def bridge(one: str, other: str) -> frozenset[Pair]:
    """Two legs hear each other: a transfer, or a browser that is a phone."""
    return frozenset({(one, other), (other, one)})


class RouteTable:
    """The pairs in force. A leg on hold neither hears nor is heard until it is resumed; its pairs are kept."""

    __slots__ = ("_hearers", "_held", "_pairs")

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._pairs = frozenset(pairs)
        self._held: set[str] = set()
        self._hearers: dict[str, tuple[str, ...]] = {}
        self._index()

    @property
    def pairs(self) -> frozenset[Pair]:
        return self._pairs

    def hearers(self, speaker: str) -> tuple[str, ...]:
        """Everyone who hears this speaker now, in a stable order."""
        return self._hearers.get(speaker, ())

    def is_held(self, leg: str) -> bool:
        return leg in self._held

    def replace(self, pairs: Iterable[Pair]) -> None:
        self._pairs = frozenset(pairs)
        self._index()

    def add(self, pairs: Iterable[Pair]) -> None:
        self.replace(self._pairs | frozenset(pairs))

    def hold(self, leg: str, on: bool) -> None:
        (self._held.add if on else self._held.discard)(leg)
        self._index()

    def remove(self, leg: str) -> None:
        """The leg left the call."""
        self._held.discard(leg)
        self.replace(pair for pair in self._pairs if leg not in pair)

    def _index(self) -> None:
        hearers: dict[str, tuple[str, ...]] = {}
        for speaker, hearer in sorted(self._pairs):
            if speaker not in self._held and hearer not in self._held and speaker != hearer:
                hearers[speaker] = (*hearers.get(speaker, ()), hearer)
        self._hearers = hearers
