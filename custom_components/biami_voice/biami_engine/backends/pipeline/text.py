"""A model's text on its way to a voice: without thoughts and markup, each sentence as soon as it is whole."""

from __future__ import annotations

import re

from ...speech.sentences import SentenceStream

_OPEN, _CLOSE = "<think>", "</think>"
_MARKUP = re.compile(r"[*_#`~|]+|\[([^\]]*)\]\([^)]*\)|^\s*(?:[-•]|\d+[.)])\s+(?=\S)", re.MULTILINE)


class Thoughtless:
    """Drops what stands between `<think>` and `</think>`: open models put their reasoning before the answer."""

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False

    def feed(self, text: str) -> str:
        """What may be said; the beginning of a tag is held until it is known whether it is one."""
        self._held += text
        said = ""
        while self._held:
            tag = _CLOSE if self._thinking else _OPEN
            before, found, after = self._held.partition(tag)
            if not found:
                kept = _overlap(self._held, tag)
                said += "" if self._thinking else self._held[: len(self._held) - kept]
                self._held = self._held[len(self._held) - kept :]
                break
            said += "" if self._thinking else before
            self._held = after
            self._thinking = not self._thinking
        return said

    def flush(self) -> str:
        rest, self._held = self._held, ""
        return "" if self._thinking else rest


def _overlap(text: str, tag: str) -> int:
    """How much of the end of `text` is a beginning of `tag`."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-size:])), 0)


class Sentences:
    """Deltas in, whole sentences out, without the thoughts between."""

    def __init__(self) -> None:
        self._thoughtless = Thoughtless()
        self._sentences = SentenceStream()

    def feed(self, delta: str) -> list[str]:
        return self._sentences.feed(self._thoughtless.feed(delta))

    def flush(self) -> list[str]:
        return self._sentences.feed(self._thoughtless.flush()) + self._sentences.flush()


def speakable(sentence: str) -> str:
    """Without Markdown; empty where nothing is left that a voice could say."""
    plain = " ".join(_MARKUP.sub(lambda match: match[1] or "", sentence).split())
    return plain if any(character.isalnum() for character in plain) else ""
