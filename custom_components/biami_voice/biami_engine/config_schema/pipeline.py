"""The stages of a pipeline backend: speech-to-text, language model, text-to-speech."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from . import values as v
from .sections import Section, mapping, typed

_WYOMING: Mapping[str, v.Check] = {
    "host": v.text,
    "port": v.whole(1, 65535),
    "discover": v.text,
    "timeout_seconds": v.number(0.5, 120),
}
_OPENAI: Mapping[str, v.Check] = {"base_url": v.api_url, "model": v.text, "api_key": v.secret}

STT_STAGES: dict[str, Section] = {
    "offline": Section(recogniser=v.text),
    "wyoming": Section({}, **_WYOMING, model=v.text),
    "faster_whisper": Section({"model": v.text}, compute_type=v.text, beam_size=v.whole(1, 10)),
    "openai": Section({}, **_OPENAI),
}
TTS_STAGES: dict[str, Section] = {
    "offline": Section(voice=v.text),
    "wyoming": Section({}, **_WYOMING, voice=v.text, speaker=v.text),
    "piper": Section({"model": v.text}),
    "openai": Section({}, **_OPENAI, voice=v.text, rate_hz=v.whole(8000, 48_000)),
}
LLM = Section(
    {"base_url": v.api_url, "model": v.text},
    api_key=v.secret,
    temperature=v.number(0, 2),
    max_tokens=v.whole(16, 16_384),
    first_token_seconds=v.number(0.5, 300),
    stall_seconds=v.number(0.5, 120),
    extra=lambda value: dict(mapping(value)),
)


def _stages(known: Mapping[str, Section]) -> v.Check:
    """In the order in which they are tried; one word stands for a stage without settings."""

    def stage(value: Any) -> dict[str, Any]:
        kind, rest = typed("type", known, {"type": value} if isinstance(value, str) else value)
        options = known[kind](rest)
        if kind == "wyoming" and ("host" in options) == ("discover" in options):
            raise vol.Invalid('needs either "host:" or "discover:", the announced name or any')
        if kind == "openai" and "api_key" not in options and "base_url" not in options:
            raise vol.Invalid('is missing: add "api_key:" here, or "base_url:" of a server of your own', ["api_key"])
        return {"type": kind, **options}

    def several(value: Any) -> tuple[dict[str, Any], ...]:
        stages: tuple[dict[str, Any], ...] = v.listed(stage)(value)
        if not stages:
            raise vol.Invalid(f"is empty: name one of {', '.join(known)}")
        return stages

    return several


PIPELINE = Section(
    {"llm": LLM},
    stt=_stages(STT_STAGES),
    tts=_stages(TTS_STAGES),
    stt_seconds=v.number(0.5, 120),
    tts_seconds=v.number(0.5, 120),
    hang_over_ms=v.whole(200, 3000),
    ask_again=v.text,
    fallback=v.choice("offline"),
)
