"""A pipeline on the lab's language model, with real speech on both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from biami_engine.audio.frame import AudioFormat
from biami_engine.backends import create_backend
from biami_engine.backends.port import BackendServices, SessionSetup, ToolSpec
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.model import Mind
from biami_engine.speech import Voices

from ..conversation import Conversation

WEATHER = ToolSpec(
    "weather", "The weather of a place.", {"type": "object", "properties": {"place": {"type": "string"}}}
)


@pytest.fixture
async def llm(voices: Voices) -> AsyncIterator[LabLlm]:
    server = LabLlm(SystemClock(), speaker=voices.speaker, listener=voices.listener)
    await server.start()
    yield server
    await server.stop()


Opening = Callable[..., Awaitable[Conversation]]


@pytest.fixture
async def talk(llm: LabLlm, voices: Voices, wire: AudioFormat) -> AsyncIterator[Opening]:
    """`talk(mind, tools, guarded, **options)` opens a session on the lab's model."""
    opened: list[Conversation] = []

    async def opening(mind: Mind | None = None, guarded: bool = False, **options: Any) -> Conversation:
        if mind is not None:
            llm.mind = mind
        given = {"llm": {"base_url": llm.base_url, "model": "lab-llm", "api_key": "sk-lab"}, **options}
        services = BackendServices(SystemClock(), voices, ".")
        backend = create_backend(BackendConfig("p", "pipeline", given), services)
        setup = SessionSetup("call_1", 1, wire, wire, "Be kind.", tools=[WEATHER], guarded=guarded)
        opened.append(Conversation(await backend.open(setup), wire, voices))
        return opened[-1]

    yield opening
    for conversation in opened:
        await conversation.session.close()
