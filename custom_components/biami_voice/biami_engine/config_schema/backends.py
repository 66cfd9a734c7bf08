"""What each type of backend understands beside its type."""

from __future__ import annotations

from . import values as v
from .pipeline import PIPELINE
from .sections import Section

BACKEND_OPTIONS: dict[str, Section] = {
    "echo": Section(delay_ms=v.whole(0, 10_000)),
    "offline": Section(
        voice=v.text,
        recogniser=v.text,
        hang_over_ms=v.whole(100, 2000),
        patience_ms=v.whole(200, 5000),
        confidence=v.number(-2, -0.01),
    ),
    "openai_realtime": Section(
        {"api_key": v.secret},
        model=v.text,
        base_url=v.api_url,
        profile=v.choice("openai", "azure", "xai", "beta", "minimal"),
        key_header=v.text,
        g711=v.flag,
        voice=v.text,
        transcription=v.text,
        turn_detection=v.choice("server_vad", "semantic_vad", "none"),
        silence_duration_ms=v.whole(100, 5000),
        eagerness=v.choice("auto", "low", "medium", "high"),
        noise_reduction=v.flag,
        reasoning_effort=v.choice("minimal", "low", "medium", "high", "xhigh"),
        max_output_tokens=v.whole(1, 4096),
        speed=v.number(0.25, 1.5),
    ),
    "pipeline": PIPELINE,
    "scripted": Section(dialogue=v.text, voice=v.text),
}
"""By type: the options a backend understands beside its type."""
