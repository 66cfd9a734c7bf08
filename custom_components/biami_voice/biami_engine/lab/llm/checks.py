"""What OpenAI's chat completions refuse: a client that passes here is understood there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ROLES = ("system", "developer", "user", "assistant", "tool")
FIELDS = frozenset(
    {
        "model",
        "messages",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "seed",
        "user",
        "reasoning_effort",
        "parallel_tool_calls",
    }
)


class Refused(Exception):
    """`message` and `param` of a 400."""

    def __init__(self, message: str, param: str | None = None) -> None:
        self.message = message
        self.param = param
        super().__init__(message)


def check(body: Any) -> None:
    """Raise `Refused` for a request that OpenAI would not take."""
    if not isinstance(body, Mapping):
        raise Refused("We could not parse the JSON body of your request.")
    for name in body:
        if name not in FIELDS:
            raise Refused(f"Unrecognized request argument supplied: {name}", str(name))
    if not body.get("model"):
        raise Refused("you must provide a model parameter")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refused("[] is too short - 'messages'", "messages")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    for index, tool in enumerate(body.get("tools") or ()):
        _check_tool(tool, f"tools[{index}]")
    _check_messages(messages)


def _check_tool(tool: Any, path: str) -> None:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping) or tool.get("type") != "function":
        raise Refused(f"Missing required parameter: '{path}.function'.", f"{path}.function")
    if not function.get("name"):
        raise Refused(f"Missing required parameter: '{path}.function.name'.", f"{path}.function.name")
    if not isinstance(function.get("parameters", {}), Mapping):
        raise Refused(f"Invalid schema for function '{function['name']}'.", f"{path}.function.parameters")


def _check_messages(messages: Sequence[Any]) -> None:
    """Every tool call is answered right behind the message that made it, and nothing else is."""
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if role not in ROLES:
            raise Refused(f"Invalid value: {role!r}. Supported values are: {', '.join(ROLES)}.", f"messages[{index}]")
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'.",
                    f"messages[{index}].role",
                )
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            raise Refused(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}",
                f"messages[{index}].role",
            )
        if role == "assistant":
            open_calls = [call["id"] for call in message.get("tool_calls") or ()]
        if not open_calls and not isinstance(message.get("content"), str | list):
            raise Refused(
                f"Invalid value for 'content': expected a string, got {message.get('content')!r}.",
                f"messages[{index}].content",
            )
    if open_calls:
        raise Refused("An assistant message with 'tool_calls' must be followed by tool messages.", "messages")
