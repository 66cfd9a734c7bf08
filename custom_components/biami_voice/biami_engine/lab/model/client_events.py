"""The eleven events a client may send, with every field (OpenAI Realtime: client events)."""

from __future__ import annotations

from typing import Any

from .shapes import Refused, Shape, anything, by, either, fields, flag, listed, nullable, number, one_of, text

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
MAX_OUTPUT_TOKENS = either(one_of("inf"), number(1, 4096, whole=True))
MODALITIES = listed(one_of("audio", "text"))

_kind = {"type": text}
FORMAT = by(
    "type",
    {
        "audio/pcm": fields({**_kind, "rate": either(number(24000, 24000, whole=True))}),
        "audio/pcmu": fields(_kind),  # `rate` belongs to PCM alone
        "audio/pcma": fields(_kind),
    },
)
_decides = {**_kind, "create_response": flag, "interrupt_response": flag}
TURN_DETECTION = by(
    "type",
    {
        "server_vad": fields(
            {
                **_decides,
                "threshold": number(0, 1),
                "prefix_padding_ms": number(0, 10_000, whole=True),
                "silence_duration_ms": number(0, 10_000, whole=True),
                "idle_timeout_ms": nullable(number(5000, 30_000, whole=True)),
            }
        ),
        "semantic_vad": fields({**_decides, "eagerness": one_of("low", "medium", "high", "auto")}),
    },
)
TRANSCRIPTION = fields(
    {
        "model": text,
        "language": text,
        "languages": listed(text),
        "keywords": listed(text),
        "prompt": text,
        "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
    }
)
NOISE_REDUCTION = fields({"type": one_of("near_field", "far_field"), "strength": number(0, 1)})
OUTPUT_AUDIO = {"format": FORMAT, "voice": either(fields({"id": text}, ("id",)), one_of(*VOICES))}
TOOL = by(
    "type",
    {
        "function": fields({**_kind, "name": text, "description": text, "parameters": anything}, ("name",)),
        "mcp": anything,
    },
)
TOOL_CHOICE = either(
    by(
        "type",
        {
            "function": fields({**_kind, "name": text}, ("name",)),
            "mcp": fields({**_kind, "server_label": text, "name": nullable(text)}, ("server_label",)),
        },
    ),
    one_of("auto", "none", "required"),
)
TRUNCATION = either(
    by(
        "type",
        {
            "retention_ratio": fields(
                {
                    **_kind,
                    "retention_ratio": number(0, 1),
                    "token_limits": fields({"post_instructions": number(0, 1 << 31, whole=True)}),
                },
                ("retention_ratio",),
            )
        },
    ),
    one_of("auto", "disabled"),
)
TRACING = nullable(either(fields({"workflow_name": text, "group_id": text, "metadata": anything}), one_of("auto")))
_shared: dict[str, Shape] = {
    "instructions": text,
    "tools": listed(TOOL),
    "tool_choice": TOOL_CHOICE,
    "output_modalities": MODALITIES,
    "max_output_tokens": MAX_OUTPUT_TOKENS,
    "parallel_tool_calls": flag,
    "reasoning": fields({"effort": one_of("minimal", "low", "medium", "high", "xhigh")}),
    "prompt": anything,
}
SESSION = fields(
    {
        **_shared,
        "type": one_of("realtime"),
        "model": text,
        "audio": fields(
            {
                "input": fields(
                    {
                        "format": FORMAT,
                        "noise_reduction": nullable(NOISE_REDUCTION),
                        "transcription": nullable(TRANSCRIPTION),
                        "turn_detection": nullable(TURN_DETECTION),
                    }
                ),
                "output": fields({**OUTPUT_AUDIO, "speed": number(0.25, 1.5)}),
            }
        ),
        "truncation": TRUNCATION,
        "tracing": TRACING,
        "include": nullable(listed(text)),
    },
    ("type",),
)

_parts = {
    "system": by("type", {"input_text": fields({**_kind, "text": text}, ("text",))}),
    "user": by(
        "type",
        {
            "input_text": fields({**_kind, "text": text}, ("text",)),
            "input_audio": fields({**_kind, "audio": text, "transcript": nullable(text)}),
            "input_image": fields({**_kind, "image_url": text, "detail": text}, ("image_url",)),
        },
    ),
    "assistant": by(
        "type",
        {
            "output_text": fields({**_kind, "text": text}, ("text",)),
            "output_audio": fields({**_kind, "audio": text, "transcript": nullable(text)}),
        },
    ),
}
_item = {"type": text, "id": text, "object": text, "status": text}
MESSAGE = by(
    "role",
    {role: fields({**_item, "role": text, "content": listed(part)}, ("content",)) for role, part in _parts.items()},
)
ITEM = by(
    "type",
    {
        "message": MESSAGE,
        "function_call": fields({**_item, "name": text, "arguments": text, "call_id": text}, ("name", "arguments")),
        "function_call_output": fields({**_item, "call_id": text, "output": text}, ("call_id", "output")),
    },
)
RESPONSE = fields(
    {
        **_shared,
        "conversation": one_of("auto", "none"),
        "input": listed(either(by("type", {"item_reference": fields({**_kind, "id": text}, ("id",))}), ITEM)),
        "audio": fields({"output": fields(OUTPUT_AUDIO)}),
        "metadata": nullable(anything),
    }
)


def _event(required: dict[str, Shape] | None = None, **optional: Shape) -> Shape:
    required = required or {}
    return fields({"type": text, "event_id": text, **required, **optional}, tuple(required))


EVENTS: dict[str, Shape] = {
    "session.update": _event({"session": SESSION}),
    "input_audio_buffer.append": _event({"audio": text}),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "output_audio_buffer.clear": _event(),
    "conversation.item.create": _event({"item": ITEM}, previous_item_id=text),
    "conversation.item.retrieve": _event({"item_id": text}),
    "conversation.item.delete": _event({"item_id": text}),
    "conversation.item.truncate": _event(
        {
            "item_id": text,
            "content_index": number(0, 1 << 31, whole=True),
            "audio_end_ms": number(0, 1 << 31, whole=True),
        }
    ),
    "response.create": _event(response=RESPONSE),
    "response.cancel": _event(response_id=text),
}


def check(event: Any) -> str:
    """The type of a sound event; raises `Refused`."""
    if not isinstance(event, dict):
        raise Refused("invalid_event", "The event must be a JSON object.")
    kind = event.get("type")
    if kind is None:
        raise Refused("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    if not isinstance(kind, str) or kind not in EVENTS:
        raise Refused("invalid_value", f"Invalid value: '{kind}'.", "type")
    EVENTS[kind](event, "")
    return kind
