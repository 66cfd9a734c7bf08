"""Which of the known sentences was said: Home Assistant's templates first, then what sounds nearly like them.

The recogniser mishears a word here and there ("Purn on the light"), so a sentence that is near enough to a known one
counts; how near depends on its length, because any two short words are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from hassil import recognize_all
from hassil.intents import Intents, SlotList, TextSlotList
from hassil.sample import sample_sentence
from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from .answers import contact_of

MAX_SAMPLES = 600
"""Of one template: the sentences that are compared letter by letter."""
CONTACT = "contact"
MISHEARD, LONG_WORD = 55, 5
NEAR, NEAR_LENGTH = 80, 20
STRONG = 88
"""From here on what was said counts as that sentence, whatever was asked."""


@dataclass(frozen=True, slots=True)
class Understood:
    """`score` of 100: a template fits; less: a sentence is that near. `open`: the fit is mostly a wildcard."""

    intent: str
    score: float = 100.0
    slots: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    length: int = 0
    """Letters that were compared."""

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """A template without a wildcard goes before one with it, and that before a sentence that is not very near."""
        near = self.score >= NEAR and self.length >= NEAR_LENGTH
        return self.strong, not self.open and (near or self.score == 100), self.open, self.score

    @property
    def strong(self) -> bool:
        return self.score >= STRONG and not self.open


def near_enough(sentence: str) -> float:
    """The similarity from which a sentence counts."""
    size = len(sentence)
    return 92 if size <= 5 else 86 if size <= 9 else 82 if size <= 15 else 78


def alike(text: str, sentence: str) -> bool:
    """The first word sounds a little like one of the sentence: `press five to leave a message` is no wish to do so."""
    first = text.split()[0]
    return len(first) < LONG_WORD or max(ratio(first, other) for other in sentence.split()) >= MISHEARD


class Grammar:
    """`sentences` by intent; `contacts` are names that the slot `{contact}` takes."""

    def __init__(
        self,
        language: str,
        sentences: Mapping[str, Sequence[str]],
        rules: Mapping[str, str],
        lists: Mapping[str, Sequence[str] | None],
        contacts: Sequence[str],
        skip_words: Sequence[str] = (),
    ) -> None:
        self._contacts = contacts
        slots: dict[str, Any] = {name: _values(values) for name, values in lists.items()}
        slots[CONTACT] = {"values": [CONTACT]}
        self._intents = Intents.from_dict(
            {
                "language": language,
                "intents": {name: {"data": [{"sentences": list(given)}]} for name, given in sentences.items()},
                "expansion_rules": dict(rules),
                "lists": slots,
                "skip_words": list(skip_words),
            }
        )
        self._wild = {name for name, values in lists.items() if values is None}
        self._known = dict(self._samples())
        self._choices = list(self._known)

    def understand(self, text: str) -> Understood | None:
        """Of normalised text; None where nothing is near enough."""
        contact = contact_of(text, self._contacts) if self._contacts else None
        readings = [text] if contact is None else [_masked(text, contact), text]
        found = [answer for reading in readings for answer in self._readings(reading)]
        best = max(found, key=lambda one: one.rank, default=None)
        if best is None or CONTACT not in best.slots:
            return best
        return replace(best, slots={**best.slots, CONTACT: contact or ""})

    def _readings(self, text: str) -> Iterator[Understood]:
        yield from self._exact(text)
        near = process.extractOne(text, self._choices, scorer=ratio)
        if near is None or near[1] < near_enough(text) or not alike(text, near[0]):
            return
        meanings = (one for one in self._exact(near[0]) if one.intent == self._known[near[0]])
        meant = max(meanings, key=lambda one: one.rank, default=None)
        if meant is not None:
            yield replace(meant, score=min(near[1], 99.0), length=len(text))

    def _exact(self, text: str) -> Iterator[Understood]:
        for result in recognize_all(text, self._intents):
            slots = {name: str(entity.value) for name, entity in result.entities.items()}
            yield Understood(result.intent.name, 100.0, slots, bool(self._wild & slots.keys()))

    def _samples(self) -> Iterator[tuple[str, str]]:
        for name, intent in self._intents.intents.items():
            for data in intent.data:
                for sentence in data.sentences:
                    yield from self._of_template(name, sentence)

    def _of_template(self, name: str, sentence: Any) -> Iterator[tuple[str, str]]:
        known = self._intents.slot_lists.items()
        lists: dict[str, SlotList] = {key: values for key, values in known if isinstance(values, TextSlotList)}
        if any(f"{{{wild}" in sentence.text for wild in self._wild):
            return
        drawn = sample_sentence(sentence, slot_lists=lists, expansion_rules=self._intents.expansion_rules)
        for said in islice(drawn, MAX_SAMPLES):
            yield " ".join(said.split()), name


def _values(values: Sequence[str] | None) -> dict[str, Any]:
    return {"wildcard": True} if values is None else {"values": list(values)}


def _masked(text: str, contact: str) -> str:
    """The words that were taken for the contact's name, replaced by the slot's own word."""
    words, parts = text.split(), contact.lower().replace("_", " ").replace("-", " ").split()
    for wanted in (parts, parts[:1]):
        size = len(wanted)
        starts = range(max(0, len(words) - size + 1))
        at = max(starts, key=lambda start: ratio(" ".join(words[start : start + size]), " ".join(wanted)), default=None)
        if at is not None and contact_of(" ".join(words[at : at + size]), [contact]):
            return " ".join([*words[:at], CONTACT, *words[at + size :]])
    return text
