"""The items of a conversation, in order, and what they cost to read (OpenAI: conversation items, `usage`)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .shapes import Refused

USER_MS_PER_TOKEN = 100
ASSISTANT_MS_PER_TOKEN = 50
CHARACTERS_PER_TOKEN = 4
CACHE_BLOCK = 64

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One part of what a response reads."""

    of: str
    text: int
    audio: int


class Conversation:
    """`audio_ms` is the sound of an item: a user's as committed, an assistant's as generated so far or truncated."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.audio_ms: dict[str, float] = {}

    @property
    def last_id(self) -> str | None:
        return self.items[-1]["id"] if self.items else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put it at the end, first (`root`) or after another; the id of what stands before it."""
        if any(known["id"] == item["id"] for known in self.items):
            raise Refused("invalid_value", f"Error adding item: an item with id '{item['id']}' exists.", "item.id")
        position = (
            len(self.items)
            if after is None
            else 0
            if after == "root"
            else self._position(after, "previous_item_id") + 1
        )
        self.items.insert(position, item)
        return self.items[position - 1]["id"] if position else None

    def get(self, item_id: str) -> Item:
        return self.items[self._position(item_id, "item_id")]

    def delete(self, item_id: str) -> None:
        del self.items[self._position(item_id, "item_id")]
        self.audio_ms.pop(item_id, None)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Forget what the caller did not hear, and the text with it."""
        item = self.get(item_id)
        if item.get("role") != "assistant":
            raise Refused("invalid_value", "Only model output audio messages can be truncated.", "item_id")
        generated_ms = self.audio_ms.get(item_id)
        if content_index != 0 or generated_ms is None:
            raise Refused("invalid_value", "The content part has no audio to truncate.", "content_index")
        if audio_end_ms > math.ceil(generated_ms):
            message = f"Audio content of {int(generated_ms)}ms is already shorter than {audio_end_ms}ms"
            raise Refused("invalid_value", message, "audio_end_ms")
        self.audio_ms[item_id] = audio_end_ms
        for part in item["content"]:
            part.pop("transcript", None)

    def tokens(self, instructions: str, tools: Sequence[Mapping[str, Any]] = ()) -> list[Tokens]:
        """What a response reads, in order: the instructions with the tools, then each item."""
        head = _text_tokens(instructions) + sum(_text_tokens(json.dumps(tool, sort_keys=True)) for tool in tools)
        read = [Tokens(f"{instructions}{tools}", head, 0)]
        for item in self.items:
            words = sum(_text_tokens(value) for value in _texts(item))
            per_token = ASSISTANT_MS_PER_TOKEN if item.get("role") == "assistant" else USER_MS_PER_TOKEN
            read.append(Tokens(item["id"], words, math.ceil(self.audio_ms.get(item["id"], 0.0) / per_token)))
        return read

    def _position(self, item_id: str, param: str) -> int:
        for position, item in enumerate(self.items):
            if item["id"] == item_id:
                return position
        raise Refused("item_not_found", f"Item with item_id not found: {item_id}", param)


class Cache:
    """The longest beginning that the last response read too, in whole blocks; any change before it counts as new."""

    def __init__(self) -> None:
        self._last: list[Tokens] = []

    def read(self, now: list[Tokens]) -> Tokens:
        """What of it is cached."""
        words = sound = 0
        for before, part in zip(self._last, now, strict=False):
            if before != part:
                break
            words, sound = words + part.text, sound + part.audio
        self._last = now
        return Tokens("cached", words - words % CACHE_BLOCK, sound - sound % CACHE_BLOCK)


def usage(read: list[Tokens], cached: Tokens, text: str, audio_ms: float) -> dict[str, Any]:
    """`usage` of a response that read this and said that."""
    heard_text, heard_audio = sum(part.text for part in read), sum(part.audio for part in read)
    words, sound = _text_tokens(text), math.ceil(audio_ms / ASSISTANT_MS_PER_TOKEN)
    return {
        "total_tokens": heard_text + heard_audio + words + sound,
        "input_tokens": heard_text + heard_audio,
        "output_tokens": words + sound,
        "input_token_details": {
            "text_tokens": heard_text,
            "audio_tokens": heard_audio,
            "image_tokens": 0,
            "cached_tokens": cached.text + cached.audio,
            "cached_tokens_details": {"text_tokens": cached.text, "audio_tokens": cached.audio, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": words, "audio_tokens": sound},
    }


def _texts(item: Mapping[str, Any]) -> list[str]:
    texts = [item.get("arguments"), item.get("output")]
    texts += [part.get("text") for part in item.get("content", [])]
    return [text for text in texts if text]


def _text_tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
