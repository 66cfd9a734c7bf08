"""Before the first call: speech and libraries are made ready, so that a cold start is not taken for a slow agent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from ..backends.scripted.loading import load_dialogue
from ..config import EngineConfig
from ..speech.port import Speaker
from .scenario import Scenario


async def warm_up(config: EngineConfig, scenario: Scenario, speaker: Speaker) -> None:
    """Every voice shares one cache on disk: what is rendered here, the engine under test need not render."""
    await asyncio.to_thread(import_module, "twilio.rest")
    variables = {"goal": scenario.call.goal or "", **scenario.call.variables}
    said_by_model = scenario.model.texts() if scenario.model else []
    for text in {*_texts(config), *said_by_model}:
        filled = text
        for name, value in variables.items():
            filled = filled.replace(f"{{{name}}}", value)
        await speaker.render(filled)


def _texts(config: EngineConfig) -> Iterator[str]:
    for context in config.contexts.values():
        idle = context.idle
        yield from filter(None, (context.first_sentence, context.time_up, context.apology, *idle.prompts, idle.goodbye))
        yield from filter(None, (context.failover.words, *context.preambles.values()))
    for backend in config.backends.values():
        if dialogue := backend.options.get("dialogue"):
            actions = load_dialogue(Path(config.config_dir, dialogue)).actions()
            yield from (text for action in actions if (text := getattr(action, "text", "")))
