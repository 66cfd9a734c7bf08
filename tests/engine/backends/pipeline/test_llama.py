"""A language model for real: llama.cpp's server. What it says is nonsense; how it says it is the protocol."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from biami_engine.backends.pipeline.calls import ToolCall
from biami_engine.backends.pipeline.chat import ChatModel, Finished, LlmOptions, Words
from biami_engine.backends.pipeline.history import History
from biami_engine.backends.port import ToolSpec
from biami_engine.interface import Role
from biami_engine.speech.http import HttpPool

SERVER = Path(__file__).with_name("llama_server.py")
START_SECONDS = 60.0


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    venv = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "biami-voice", "llama")
    if not (venv / ".setup").exists():
        pytest.skip("there are no real llama servers here: run scripts/servers llama")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        *(str(venv / "bin" / "python"), str(SERVER), str(port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield f"{line.decode().strip()}/v1"
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
async def http() -> AsyncIterator[HttpPool]:
    pool = HttpPool()
    pool.enter()
    yield pool
    await pool.leave()


async def test_llama_cpp_understands_us(base_url: str, http: HttpPool) -> None:
    """A conversation with everything in it that we ever send: notes, an interrupted answer, a tool and its result."""
    model = ChatModel(LlmOptions(base_url, "smollm2", max_tokens=32, temperature=0.0), http)
    history = History("You answer the telephone of a bakery. Be brief.")
    turn = history.agent_turn("a1")
    turn.begin("Good morning, this is the bakery.")
    turn.sounded(2000)
    turn.end()
    history.truncate("a1", 1000)
    history.add(Role.SYSTEM, "[DTMF: 5]")
    history.add(Role.CALLER, "When do you open?")
    pieces = [piece async for piece in model.complete(history.messages(), ())]
    *words, finished = pieces
    assert all(isinstance(piece, Words) for piece in words)
    assert len(words) > 3, "it streams"
    assert isinstance(finished, Finished)
    assert finished.usage["completion_tokens"] >= len(words) - 2


async def test_tools_and_their_results_are_taken(base_url: str, http: HttpPool) -> None:
    """This model's template knows none, so it calls none; but what other models are sent is no error."""
    hours = ToolSpec("hours", "When the bakery is open.", {"type": "object", "properties": {}})
    model = ChatModel(LlmOptions(base_url, "smollm2", max_tokens=16), http)
    history = History("Use the tool.")
    history.add(Role.CALLER, "When do you open?")
    turn = history.agent_turn("a1")
    turn.calls = [ToolCall("t1", "hours", "{}"), ToolCall("t2", "hours", '{"broken')]
    history.tool_result("t1", '{"opens": "07:00"}')
    pieces = [piece async for piece in model.complete(history.messages(), [hours])]
    assert isinstance(pieces[-1], Finished)
    assert len(pieces) > 1
