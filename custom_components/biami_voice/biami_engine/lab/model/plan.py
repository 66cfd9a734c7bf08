"""The model of a scenario file: what it says, what goes wrong with it, how the engine's backend is set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import voluptuous as vol

from .answers import Call, Line, Reply
from .faults import InResponse, ModelFaults

NAME = "model"
"""Of the backend that is at this model."""
API_KEY = "sk-lab"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise vol.Invalid("expected a text")
    return value


def _pattern(value: Any) -> re.Pattern[str]:
    try:
        return re.compile(_text(value), re.IGNORECASE)
    except re.error as error:
        raise vol.Invalid(f"is no pattern: {error}") from None


def _arguments(value: Any) -> str:
    """A mapping becomes JSON; a text is sent as it is, broken or not."""
    return value if isinstance(value, str) else json.dumps(value)


CALL = vol.Schema({vol.Required("name"): _text, vol.Optional("arguments", default=dict): _arguments})
REPLY = vol.Schema(
    {
        vol.Optional("say", default=""): str,
        vol.Optional("calls", default=list): [CALL],
        vol.Optional("when"): _pattern,
        vol.Optional("repeat", default=False): bool,
        vol.Optional("times", default=1): vol.All(int, vol.Range(1, 100_000)),
    }
)
_number = vol.All(vol.Any(int, float), vol.Range(0, 100_000))
_once = vol.Schema(
    {
        vol.Required("response"): vol.All(int, vol.Range(1, 1000)),
        vol.Optional("after_ms"): _number,
        vol.Optional("seconds"): _number,
        vol.Optional("code"): _text,
    }
)


def _in_response(value: Any) -> InResponse:
    return InResponse(**_once(value))


MODEL_FAULTS = vol.Schema(
    {
        vol.Optional("refuse_key"): vol.In(["status", "close"]),
        vol.Optional("unknown_fields"): vol.All([_text], vol.Coerce(tuple)),
        vol.Optional("wrong_format"): bool,
        vol.Optional("disconnect"): _in_response,
        vol.Optional("fail"): _in_response,
        vol.Optional("silent"): _in_response,
        vol.Optional("slow"): _in_response,
        vol.Optional("own_response"): _in_response,
        vol.Optional("transcript_seconds"): _number,
        vol.Optional("no_transcripts"): bool,
        vol.Optional("chatter"): bool,
        vol.Optional("malformed"): bool,
        vol.Optional("expires_in_seconds"): _number,
    }
)


def line(value: Any) -> Line:
    """A text, or `{say, calls, when, repeat, times}`: the text that many times over."""
    given = REPLY({"say": value} if isinstance(value, str) else value)
    calls = tuple(Call(**call) for call in given["calls"])
    text = " ".join([given["say"]] * given["times"])
    return Line(Reply(text, calls), given.get("when"), given["repeat"])


MODEL = vol.Schema(
    {
        vol.Optional("replies", default=list): [line],
        vol.Optional("faults", default=dict): MODEL_FAULTS,
        vol.Optional("backend", default=dict): dict,
        vol.Optional("speed", default=8.0): vol.All(vol.Any(int, float), vol.Range(0, 1000)),
    }
)


@dataclass(frozen=True, slots=True)
class ModelPlan:
    replies: Sequence[Line] = ()
    faults: Mapping[str, Any] = field(default_factory=dict)
    backend: Mapping[str, Any] = field(default_factory=dict)
    """Further options of the engine's backend."""
    speed: float = 8.0

    def new_faults(self) -> ModelFaults:
        return ModelFaults(**self.faults)

    def texts(self) -> list[str]:
        return [line.reply.text for line in self.replies if line.reply.text]


def plan(value: Any) -> ModelPlan:
    return ModelPlan(**MODEL(value))
