"""What is decided about a call before anything is dialled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from biami_engine.calls.placing import plan
from biami_engine.config import ContactConfig, ContextConfig, EngineConfig, LoopbackLine
from biami_engine.errors import CallRefused
from biami_engine.interface import CallRequest
from biami_engine.transports.loopback import LoopbackTransport

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
CONFIG = EngineConfig(
    lines={"loop": LoopbackLine("loop")},
    contexts={
        "general": ContextConfig("general", prompt="{caller_name}: {goal}", first_sentence="Hello {caller_name}."),
        "sales": ContextConfig("sales", prompt="{order}"),
        "private": ContextConfig("private", prompt="{caller_name}, {time}"),
    },
    contacts={
        "anna": ContactConfig("anna", "+12025550123"),
        "bo": ContactConfig("bo", "+12025550125", context="private"),
    },
    time_zone="Europe/Berlin",
)


class Line:
    """Of a line only what it can do is asked."""

    capabilities = LoopbackTransport.capabilities


def decide(request: CallRequest):
    return plan(CONFIG, {"loop": Line()}, request, NOW)  # type: ignore[dict-item]  # see Line


def test_a_contact_is_called_by_name_and_known_by_number() -> None:
    for to in ("anna", "+1 202 555 0123"):
        placement = decide(CallRequest(to, goal="the water"))
        assert placement.dial.to == "+12025550123"
        assert placement.instructions == "anna: the water"
        assert placement.context.first_sentence == "Hello anna."


def test_the_context_is_that_of_the_request_else_of_the_contact_else_of_the_line() -> None:
    assert decide(CallRequest("bo")).instructions == "bo, 10:05"
    assert decide(CallRequest("+12025550125")).context.name == "private"
    assert decide(CallRequest("bo", context="general")).context.name == "general"
    assert decide(CallRequest("anna")).context.name == "general"


def test_a_word_without_a_value_refuses_the_call() -> None:
    with pytest.raises(CallRefused, match="the prompt needs a value for: order"):
        decide(CallRequest("anna", context="sales"))
    assert decide(CallRequest("anna", context="sales", variables={"order": "7"})).instructions == "7"
