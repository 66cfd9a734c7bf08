"""The items of a conversation, in order, and what they cost to read (protocols 2.10, 2.12)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .shapes import Refused

USER_MS_PER_TOKEN = 100
ASSISTANT_MS_PER_TOKEN = 50
CHARACTERS_PER_TOKEN = 4

Item = dict[str, Any]


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

    def input_tokens(self, instructions: str) -> tuple[int, int]:
        """(text, audio) of everything a response reads."""
        words, sound = _text_tokens(instructions), 0
        for item in self.items:
            words += sum(_text_tokens(value) for value in _texts(item))
            per_token = ASSISTANT_MS_PER_TOKEN if item.get("role") == "assistant" else USER_MS_PER_TOKEN
            sound += math.ceil(self.audio_ms.get(item["id"], 0.0) / per_token)
        return words, sound

    def _position(self, item_id: str, param: str) -> int:
        for position, item in enumerate(self.items):
            if item["id"] == item_id:
                return position
        raise Refused("item_not_found", f"Item with item_id not found: {item_id}", param)


def usage(read: tuple[int, int], text: str, audio_ms: float) -> dict[str, Any]:
    """`usage` of a response that read this and said that; nothing is cached here."""
    words, sound = _text_tokens(text), math.ceil(audio_ms / ASSISTANT_MS_PER_TOKEN)
    return {
        "total_tokens": sum(read) + words + sound,
        "input_tokens": sum(read),
        "output_tokens": words + sound,
        "input_token_details": {"text_tokens": read[0], "audio_tokens": read[1], "image_tokens": 0, "cached_tokens": 0},
        "output_token_details": {"text_tokens": words, "audio_tokens": sound},
    }


def _texts(item: Mapping[str, Any]) -> list[str]:
    texts = [item.get("arguments"), item.get("output")]
    texts += [part.get("text") for part in item.get("content", [])]
    return [text for text in texts if text]


def _text_tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
