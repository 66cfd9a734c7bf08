"""A language model behind `/v1/chat/completions`: OpenAI, Ollama, llama.cpp, vLLM, LM Studio and many others."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ...errors import BackendError
from ...speech.http import HttpPool, bearer, raise_for_refusal, refusal_text, unreachable
from ..port import ToolSpec
from .calls import CallAssembler, ToolCall
from .sse import SseDecoder

WHO = "the language model's server"
DONE = "[DONE]"
OLD_LIMIT, NEW_LIMIT = "max_tokens", "max_completion_tokens"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """`extra` goes into every request as it is: what only this server knows."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    temperature: float | None = None
    max_tokens: int = 400
    """An answer that is spoken is short."""
    first_token_seconds: float = 15.0
    """A local model reads a long prompt for seconds before it says anything."""
    stall_seconds: float = 8.0
    """So long nothing may come in the middle of an answer."""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a completion. `whole` is False where the model was cut off."""

    calls: Sequence[ToolCall]
    usage: Mapping[str, Any]
    whole: bool


Piece = Words | Finished


class ChatModel:
    """For any number of calls at once."""

    def __init__(self, options: LlmOptions, http: HttpPool) -> None:
        self._options = options
        self._http = http
        self._asks_for_usage = True
        self._limit = OLD_LIMIT

    async def complete(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[Piece, None]:
        """Words as they come and `Finished` last; raises `BackendError` where that fails, however far it came."""
        seconds = self._options.first_token_seconds
        try:
            async with asyncio.timeout(seconds):
                response = await self._post(messages, tools)
            async with response:
                await raise_for_refusal(response, WHO)
                completion = _Completion()
                while not completion.over and (data := await _read(response, seconds)):
                    seconds = self._options.stall_seconds
                    for text in completion.feed(data):
                        yield Words(text)
                yield completion.end()
        except TimeoutError:
            raise BackendError(f"{WHO} keeps silent", retriable=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(WHO, error) from None

    async def _post(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[ToolSpec]) -> aiohttp.ClientResponse:
        """A server that does not know a field of ours says so: it is asked in its own way then, and from then on."""
        url, headers = f"{self._options.base_url}/chat/completions", bearer(self._options.api_key)
        while True:
            response = await self._http.session.post(url, json=self._body(messages, tools), headers=headers)
            if response.status not in (400, 422):
                return response
            async with response:
                said = (await response.content.read(4096)).decode("utf-8", "replace")
            if not self._adapted(said):
                raise BackendError(f"{WHO} answered {response.status}: {refusal_text(said)}")

    def _adapted(self, said: str) -> bool:
        """Whether another try, as the server wants it, is worth it."""
        if self._asks_for_usage and "stream_options" in said:
            _log.info("%s tells no usage: it does not know stream_options", WHO)
            self._asks_for_usage = False
            return True
        if self._limit == OLD_LIMIT and NEW_LIMIT in said:  # OpenAI's reasoning models
            self._limit = NEW_LIMIT
            return True
        return False

    def _body(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._options.model,
            "messages": list(messages),
            "stream": True,
            self._limit: self._options.max_tokens,
        }
        if self._asks_for_usage:
            body["stream_options"] = {"include_usage": True}
        if tools:
            body["tools"] = [_function(tool) for tool in tools]
        if self._options.temperature is not None:
            body["temperature"] = self._options.temperature
        return {**body, **self._options.extra}


async def _read(response: aiohttp.ClientResponse, seconds: float) -> bytes:
    """The deadline is for the server alone: who reads the words may take its time."""
    async with asyncio.timeout(seconds):
        return await response.content.readany()


def _function(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


class _Completion:
    """One streamed answer, as far as it has come."""

    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._calls = CallAssembler()
        self._usage: Mapping[str, Any] = {}
        self._reason = ""
        self.over = False

    def feed(self, data: bytes) -> list[str]:
        """The words in it."""
        return [text for event in self._sse.feed(data) if (text := self._chunk(event))]

    def end(self) -> Finished:
        if not self.over and not self._reason:
            raise BackendError(f"{WHO} broke off in the middle of an answer", retriable=True)
        return Finished(self._calls.calls(), self._usage, self._reason not in ("length", "content_filter"))

    def _chunk(self, event: str) -> str:
        if event == DONE:
            self.over = True
            return ""
        try:
            chunk = json.loads(event)
        except ValueError:
            raise BackendError(f"{WHO} sent something unreadable", retriable=True) from None
        if not isinstance(chunk, dict):
            return ""
        if chunk.get("error"):
            raise BackendError(f"{WHO} failed: {refusal_text(event)}", retriable=True)
        self._usage = chunk.get("usage") or self._usage
        choices = chunk.get("choices") or [{}]
        self._reason = choices[0].get("finish_reason") or self._reason
        return self._delta(choices[0].get("delta") or {})

    def _delta(self, delta: Mapping[str, Any]) -> str:
        for call in delta.get("tool_calls") or ():
            self._calls.add(call)
        return str(delta.get("content") or "")
