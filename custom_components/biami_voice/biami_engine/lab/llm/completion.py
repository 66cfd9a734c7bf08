"""A reply in the shapes of chat completions: whole, or in chunks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.answers import Reply

CREATED = 1_750_000_000
_TOKEN = re.compile(r"\s*\S+|\s+")
ARGUMENTS_PIECE = 9


@dataclass(frozen=True, slots=True)
class Completion:
    """`number` makes ids unique. `careless`: as some compatible servers send tool calls."""

    number: int
    model: str
    reply: Reply
    prompt_tokens: int
    careless: bool = False

    @property
    def finish_reason(self) -> str:
        return "tool_calls" if self.reply.calls else "stop"

    @property
    def usage(self) -> dict[str, Any]:
        spoken = len(tokens(self.reply.text)) + sum(len(call.arguments) // 4 + 5 for call in self.reply.calls)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": spoken,
            "total_tokens": self.prompt_tokens + spoken,
            "prompt_tokens_details": {"cached_tokens": 0},
        }

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self.reply.text or None, "refusal": None}
        if self.reply.calls:
            message["tool_calls"] = [self._call(index) for index in range(len(self.reply.calls))]
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason, "logprobs": None}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage}

    def chunks(self, with_usage: bool) -> Iterator[dict[str, Any]]:
        yield self._chunk({"role": "assistant", "content": ""})
        for token in tokens(self.reply.text):
            yield self._chunk({"content": token})
        for index in range(len(self.reply.calls)):
            for delta in self._call_deltas(index):
                yield self._chunk({"tool_calls": [delta]})
        yield self._chunk({}, self.finish_reason)
        if with_usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage}

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.number}", "object": kind, "created": CREATED, "model": self.model}

    def _call(self, index: int) -> dict[str, Any]:
        call = self.reply.calls[index]
        function = {"name": call.name, "arguments": call.arguments}
        return {"id": f"call_{self.number}_{index}", "type": "function", "function": function}

    def _call_deltas(self, index: int) -> Iterator[dict[str, Any]]:
        whole = self._call(index)
        if self.careless:
            yield {"type": "function", "function": whole["function"]}
            return
        arguments = whole["function"].pop("arguments")
        yield {"index": index, **whole, "function": {**whole["function"], "arguments": ""}}
        for start in range(0, len(arguments), ARGUMENTS_PIECE):
            yield {"index": index, "function": {"arguments": arguments[start : start + ARGUMENTS_PIECE]}}


def tokens(text: str) -> list[str]:
    """Words with the space before them; near enough to how models count."""
    return _TOKEN.findall(text)


def size_of(messages: list[Any]) -> int:
    """Tokens of a prompt, about."""
    return len(json.dumps(messages)) // 4
