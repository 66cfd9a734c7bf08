from __future__ import annotations

from typing import Any

import pytest

from biami_engine.lab.model.client_events import EVENTS, check
from biami_engine.lab.model.shapes import Refused

from .oracle import check_client

SESSION: dict[str, Any] = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "audio": {
        "input": {
            "format": {"type": "audio/pcmu"},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "gpt-transcribe", "language": "en", "keywords": ["Biami"]},
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 500,
                "create_response": True,
                "interrupt_response": True,
                "idle_timeout_ms": 8000,
            },
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.0},
    },
    "tools": [{"type": "function", "name": "look", "description": "Look.", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low"},
    "max_output_tokens": 4096,
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 8000}},
    "tracing": None,
}


def message(role: str, kind: str, text: str = "Hello") -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


GOOD: list[dict[str, Any]] = [
    {"type": "session.update", "event_id": "c1", "session": SESSION},
    {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}}},
    {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "turn_detection": {"type": "semantic_vad", "eagerness": "auto"},
                }
            },
        },
    },
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear"},
    {"type": "conversation.item.create", "item": message("user", "input_text")},
    {"type": "conversation.item.create", "previous_item_id": "root", "item": message("system", "input_text")},
    {"type": "conversation.item.create", "item": message("assistant", "output_text")},
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": "{}"}},
    {"type": "conversation.item.retrieve", "item_id": "i"},
    {"type": "conversation.item.delete", "item_id": "i"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1500},
    {"type": "response.create"},
    {
        "type": "response.create",
        "response": {
            "conversation": "none",
            "output_modalities": ["text"],
            "instructions": "Sum up.",
            "tool_choice": "none",
            "max_output_tokens": 300,
            "metadata": {"purpose": "summary"},
            "input": [message("user", "input_text")],
            "tools": [],
        },
    },
    {"type": "response.cancel"},
    {"type": "response.cancel", "response_id": "resp_1"},
]


@pytest.mark.parametrize("event", GOOD, ids=lambda event: event["type"])
def test_what_the_package_calls_right_is_right(event: dict[str, Any]) -> None:
    check_client(event)
    assert check(event) == event["type"]


def test_every_event_is_tried() -> None:
    assert {event["type"] for event in GOOD} == set(EVENTS)


def session(**change: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **change}}


def heard(**change: Any) -> dict[str, Any]:
    return session(audio={"input": change})


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        (["no object"], "invalid_event", None),
        ({}, "missing_required_parameter", "type"),
        ({"type": "input_audio_buffer.speak"}, "invalid_value", "type"),
        ({"type": 5}, "invalid_value", "type"),
        ({"type": ["response.create"]}, "invalid_value", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        (session(temperature=0.8), "unknown_parameter", "session.temperature"),
        (session(modalities=["audio"]), "unknown_parameter", "session.modalities"),
        (session(input_audio_format="g711_ulaw"), "unknown_parameter", "session.input_audio_format"),
        (heard(format={"type": "audio/pcmu", "rate": 8000}), "unknown_parameter", "session.audio.input.format.rate"),
        (
            heard(format={"type": "audio/pcm", "rate": 16000}),
            "integer_below_min_value",
            "session.audio.input.format.rate",
        ),
        (heard(format={"type": "audio/opus"}), "invalid_value", "session.audio.input.format.type"),
        (heard(turn_detection={}), "missing_required_parameter", "session.audio.input.turn_detection.type"),
        (
            heard(turn_detection={"type": "semantic_vad", "threshold": 0.5}),
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            heard(turn_detection={"type": "server_vad", "threshold": 2}),
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (session(instructions=5), "invalid_type", "session.instructions"),
        (session(output_modalities=["video"]), "invalid_value", "session.output_modalities[0]"),
        (session(max_output_tokens=True), "invalid_type", "session.max_output_tokens"),
        (session(tools=[{"type": "function"}]), "missing_required_parameter", "session.tools[0].name"),
        (session(tool_choice="sometimes"), "invalid_value", "session.tool_choice"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AAAA", "rate": 1}, "unknown_parameter", "rate"),
        (
            {"type": "conversation.item.create", "item": message("assistant", "input_text")},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": -1},
            "integer_below_min_value",
            "audio_end_ms",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1.5},
            "invalid_type",
            "audio_end_ms",
        ),
        ({"type": "response.create", "response": {"voice": "marin"}}, "unknown_parameter", "response.voice"),
    ],
)
def test_what_is_wrong_is_named(event: Any, code: str, param: str | None) -> None:
    with pytest.raises(Refused) as caught:
        check(event)
    assert (caught.value.code, caught.value.param) == (code, param)
