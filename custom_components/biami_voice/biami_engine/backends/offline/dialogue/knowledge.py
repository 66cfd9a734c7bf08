"""What a dialogue knows before the first word: sentences, texts, tools, people, and what the context adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ....config import DialogueConfig, IntentConfig
from ....errors import BackendError
from .grammar import Grammar
from .state import Question

DATA = Path(__file__).parent.parent / "data"


@cache
def shared(language: str) -> Mapping[str, Any]:
    """Sentences and texts of every context; read once."""
    from ruamel.yaml import YAML

    data: dict[str, Any] = YAML(typ="safe").load((DATA / f"{language}.yaml").read_text("utf-8"))
    for ours, theirs in data["home_assistant"].items():
        data["intents"][ours] += _of_home_assistant(language, theirs)
    return data


def _of_home_assistant(language: str, intent: str) -> list[str]:
    """Home Assistant's own sentences; those that need its rules come with the rules written out."""
    known = import_module("home_assistant_intents").get_intents(language) or {}
    rules = known.get("expansion_rules", {})
    found = []
    for data in known.get("intents", {}).get(intent, {}).get("data", []):
        for sentence in data["sentences"]:
            for name, body in rules.items():
                sentence = sentence.replace(f"<{name}>", body)
            if "<" not in sentence and "{" not in sentence:
                found.append(sentence)
    return found


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The same for a whole call."""

    language: str = "en"
    tools: frozenset[str] = frozenset()
    contacts: tuple[str, ...] = ()
    caller_name: str = ""
    caller_number: str = ""
    goal: str = ""
    caller_first: bool = False
    """The agent waits for the caller's first words, and says its own as an answer."""
    questions: tuple[Question, ...] = ()
    context: DialogueConfig = DialogueConfig()
    variables: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: str, **values: object) -> str:
        """A text of ours, or the context's own in its place."""
        template = self.context.texts.get(key) or shared(self.language)["texts"][key]
        if "{abilities}" in template:
            values["abilities"] = self.abilities()
        if "{contacts}" in template:
            values["contacts"] = listed([called(name) for name in self.contacts], "or")
        return str(template.format_map(_Known(self.variables, values)))

    def fill(self, template: str, **values: object) -> str:
        return template.format_map(_Known(self.variables, values))

    def intent(self, name: str) -> IntentConfig | None:
        """What the context says about it."""
        return self.context.intents.get(name)

    def can(self, tool: str) -> bool:
        return tool in self.tools

    def abilities(self) -> str:
        wanted = {
            "ability_info": self.can("get_biami_info"),
            "ability_book": self.can("book_appointment"),
            "ability_free": self.can("check_calendar") and not self.can("book_appointment"),
            "ability_message": self.can("take_message"),
            "ability_transfer": self.can("transfer_call") and bool(self.contacts),
            "ability_time": self.can("current_time"),
        }
        return listed([self.text(key) for key, there in wanted.items() if there], "or") or self.text("ability_message")

    def grammar(self) -> Grammar:
        """Raises `BackendError` where a sentence of the context is no template."""
        known = shared(self.language)
        sentences: dict[str, Sequence[str]] = {
            name: given for name, given in known["intents"].items() if name not in self._absent
        }
        for name, intent in self.context.intents.items():
            sentences[name] = [*sentences.get(name, ()), *intent.sentences]
        lists: dict[str, Sequence[str] | None] = {"query": None, **self.context.lists}
        rules = {**known["expansion_rules"], **self.context.rules}
        try:
            return Grammar(self.language, sentences, rules, lists, self.contacts, ())
        except Exception as error:  # hassil's parser and sampler have errors of many kinds
            raise BackendError(f"the dialogue of this context has a sentence that is no template: {error}") from error

    @property
    def _absent(self) -> frozenset[str]:
        return frozenset() if self.context.free_questions else frozenset({"look_up"})


class _Known(dict[str, object]):
    """Values for the braces of a text; what is not known is left out."""

    def __init__(self, variables: Mapping[str, str], values: Mapping[str, object]) -> None:
        super().__init__({**variables, **values})

    def __missing__(self, key: str) -> str:
        return ""


def called(contact: str) -> str:
    """`front_desk` is a key; people say `Front Desk`."""
    return contact.replace("_", " ").replace("-", " ").title() if contact.islower() else contact


def listed(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
