"""Words that listen instead of speaking, and our own words come back from a loudspeaker."""

from __future__ import annotations

import re

BACKCHANNELS = {
    "en": "mm hm mhm mmhm mmhmm uh huh uhhuh yeah yep yes ok okay right sure i see aha ah oh hmm hm alright good fine",
    "de": "mm hm mhm ja jaja jo ok okay genau gut aha ach so achso verstehe hmm richtig klar stimmt na gut oh ah",
    "fr": "mm hm mhm oui ouais ok okay d'accord bien ah oh hum voilà je vois",
    "es": "mm hm mhm sí si ok okay vale claro ya ah oh hum bueno entiendo",
    "it": "mm hm mhm sì si ok okay certo va bene ah oh già capisco",
    "nl": "mm hm mhm ja oké ok okay goed juist ah oh precies snap ik",
}
"""By language: words that take no turn while the agent speaks. Alone in answer to a question they are an answer."""

MAX_WORDS = 4
MIN_ECHO_WORDS = 3
ECHO_SHARE = 0.8
NO_ECHO = frozenset(
    ("stop", "no", "yes", "wait", "hello", "what", "sorry", "nein", "ja", "halt", "warte", "hallo")
    + ("non", "oui", "attends", "sí", "si", "espera", "aspetta", "nee", "wacht")
)
"""Alone they are the caller's, even where the agent has just said them too."""

_WORD = re.compile(r"[\w']+")


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("-", " "))


def is_backchannel(text: str, language: str) -> bool:
    """Whether every word only says "I am listening"; an unknown language knows the English ones."""
    known = set(BACKCHANNELS.get(language.split("-")[0].lower(), BACKCHANNELS["en"]).split())
    words = words_of(text)
    return 0 < len(words) <= MAX_WORDS and all(word in known for word in words)


def is_echo(text: str, said: str) -> bool:
    """Whether these are the agent's own last words, in their order, heard through the caller's microphone."""
    words, ours = words_of(text), words_of(said)
    if not words or len(ours) < MIN_ECHO_WORDS:
        return False
    if len(words) < MIN_ECHO_WORDS:
        return NO_ECHO.isdisjoint(words) and _short_echo(words, said)
    return _common_in_order(words, ours) / len(words) >= ECHO_SHARE


def _short_echo(words: list[str], said: str) -> bool:
    """Two words that follow each other in ours, or the one that began a sentence: more is cut off by our own pause."""
    sentences = [words_of(part) for part in re.split(r"[.!?]", said)]
    if len(words) == 1:
        return any(sentence[:1] == words for sentence in sentences)
    return any(words in (sentence[at : at + 2] for at in range(len(sentence) - 1)) for sentence in sentences)


def _common_in_order(one: list[str], other: list[str]) -> int:
    """Length of the longest common subsequence; both are a few sentences at most."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row[:]
        for at, candidate in enumerate(other, 1):
            row[at] = before[at - 1] + 1 if word == candidate else max(before[at], row[at - 1])
    return row[-1]
