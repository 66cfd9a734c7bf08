"""What a context adds to conversations without a language model: its own sentences and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from ..config import DialogueConfig, IntentConfig, OfferConfig
from . import values as v
from .sections import Section, made, named

FLOWS = ("agenda", "book", "callback", "guide", "look_up", "message", "time", "transfer")
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_SLOT = re.compile(r"\{(\w+)")
_RULE = re.compile(r"<(\w+)>")
SHARED_SLOTS = frozenset({"query", "contact"})
SHARED_RULES = frozenset({"please", "want", "need", "appointment"})


def sentence(value: Any) -> str:
    """A template of Home Assistant: `(turn|switch) on [the] {name}`; its brackets are checked here."""
    template, open_ones = v.text(value), []
    for character in template:
        if character in "([{<":
            open_ones.append(character)
        elif character in _PAIRS and (not open_ones or open_ones.pop() != _PAIRS[character]):
            raise vol.Invalid(f"has a {character} that nothing opens: {v.shown(template)}")
    if open_ones:
        raise vol.Invalid(f"has a {open_ones[-1]} that nothing closes: {v.shown(template)}")
    return template


def _anything_by_name(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise vol.Invalid(f"must be a mapping like `name: value`, not {v.shown(value)}")
    return {str(key): entry for key, entry in value.items()}


OFFER = Section({"say": v.text, "flow": v.choice(*FLOWS)})
INTENT = Section(
    sentences=v.listed(sentence),
    say=v.text,
    flow=v.choice(*FLOWS),
    offer=v.choice(*FLOWS),
    look_up=v.text,
    tool=v.name,
    arguments=_anything_by_name,
    confirm=v.text,
    answer=v.text,
    known=_anything_by_name,
)
DIALOGUE = Section(
    intents=named(lambda name, value: _intent(value)),
    texts=v.texts_by_name,
    rules=named(lambda name, value: sentence(value)),
    lists=named(lambda name, value: v.listed(v.text)(value)),
    free_questions=v.flag,
    guide=v.flag,
    after_info=made(OfferConfig, OFFER),
)


def _intent(value: Any) -> IntentConfig:
    intent = IntentConfig(**INTENT(value))
    ways = [name for name in ("flow", "offer", "look_up", "tool") if getattr(intent, name)]
    if len(ways) > 1:
        raise vol.Invalid(f"leads to {' and '.join(ways)}: choose one", path=[ways[1]])
    if not intent.say and not ways:
        raise vol.Invalid('leads nowhere: add "say:", or one of flow, offer, look_up, tool')
    if intent.offer and not intent.say:
        raise vol.Invalid('is missing: the question that is answered by yes or no, "say:"', path=["say"])
    return intent


def dialogue(value: Any) -> DialogueConfig:
    """Every slot and rule of a sentence must be known."""
    made_one = DialogueConfig(**DIALOGUE(value))
    slots, rules = SHARED_SLOTS | made_one.lists.keys(), SHARED_RULES | made_one.rules.keys()
    errors = []
    for name, intent in made_one.intents.items():
        for index, template in enumerate(intent.sentences):
            lost = [slot for slot in _SLOT.findall(template) if slot not in slots]
            lost += [rule for rule in _RULE.findall(template) if rule not in rules]
            if lost:
                hint = v.did_you_mean(lost[0], slots | rules)
                message = f"names {lost[0]!r}, which is neither in lists nor in rules{hint}"
                errors.append(vol.Invalid(message, path=["intents", name, "sentences", index]))
    v.raise_all(errors)
    return made_one
