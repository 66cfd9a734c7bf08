"""Whole calls with a cascade: real speech over a line, a language model, tools of the house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.backends.sound import as_format
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig, CallLogConfig, ContextConfig, EngineConfig, LoopbackLine
from biami_engine.engine import LocalEngine
from biami_engine.interface import EndReason, Outcome, Role
from biami_engine.lab.llm import LabLlm, LlmFaults
from biami_engine.lab.model import Call, InTurn, Reply
from biami_engine.speech import Voices
from biami_engine.transports.loopback import LoopbackPhone

from .conftest import QUIET, House

SPEED = 2.0
"""Recognisers and voices do not run faster because a clock does."""
MINUTES = "Seventeen green bottles are standing on the wall. " * 8


class Talk(House):
    def __init__(self, engine: LocalEngine, llm: LabLlm, voices: Voices) -> None:
        super().__init__(engine)
        self.llm = llm
        self.voices = voices

    async def tell(self, phone: LoopbackPhone, sentence: str) -> None:
        speech = as_format(await self.voices.speaker.render(sentence), PCMU_8K)
        clock = self.engine.clock
        begin, at = clock.monotonic(), 0.0
        for audio in (Audio.silence(PCMU_8K, 100), speech, Audio.silence(PCMU_8K, 900)):
            for start in range(0, int(audio.duration_ms), 20):
                await clock.sleep_until(begin + at / 1000)
                phone.speak(audio.slice(start, start + 20))
                at += 20

    def lines(self, role: Role) -> list[str]:
        return [e.data["text"] for e in self.told if e.type == "turn" and e.data["role"] == role.value]


@pytest.fixture
async def llm() -> AsyncIterator[LabLlm]:
    server = LabLlm(SystemClock(SPEED), faults=LlmFaults())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def voices() -> AsyncIterator[Voices]:
    voices = Voices()
    yield voices
    await voices.close()


@pytest.fixture
async def talk(tmp_path: Path, llm: LabLlm, voices: Voices) -> AsyncIterator[Talk]:
    options: dict[str, Any] = {
        "llm": {"base_url": llm.base_url, "model": "lab-llm", "api_key": "sk-lab"},
        "fallback": "offline",
    }
    context = ContextConfig("c", "You answer.", tools=("current_time", "end_call"), idle=QUIET)
    config = EngineConfig(
        lines={"loop": LoopbackLine("loop", context="c")},
        backends={"cascade": BackendConfig("cascade", "pipeline", options)},
        default_backend="cascade",
        contexts={"c": context},
        call_log=CallLogConfig(f"sqlite:///{tmp_path / 'log.db'}"),
    )
    engine = LocalEngine(config, SystemClock(SPEED))
    await engine.start()
    yield Talk(engine, llm, voices)
    await engine.stop()


async def test_it_answers_uses_a_tool_and_says_goodbye(talk: Talk) -> None:
    talk.llm.mind = InTurn(
        "Hello, this is the house.",
        Reply("", (Call("current_time"),)),
        "It is Tuesday.",
        Reply("Goodbye then.", (Call("end_call", '{"reason": "done"}'),)),
    )
    phone = await talk.answered(talk.line.call_in())
    await talk.until(lambda: talk.lines(Role.AGENT) == ["Hello, this is the house."])
    await talk.tell(phone, "What day is it today?")
    await talk.until(lambda: "It is Tuesday." in talk.lines(Role.AGENT))
    (result,) = [m["content"] for m in talk.llm.requests[-1]["messages"] if m["role"] == "tool"]
    assert '"weekday"' in result
    await talk.tell(phone, "Thank you, goodbye.")
    ended = await talk.engine.wait_for_end(phone.leg.call_id, 60)
    assert ended.end_reason is EndReason.AGENT_HANGUP
    assert ended.outcome is Outcome.COMPLETED
    assert talk.lines(Role.CALLER)[0].startswith("What day is it")


async def test_an_interruption_cuts_what_is_remembered_to_what_was_heard(talk: Talk) -> None:
    talk.llm.mind = InTurn(MINUTES, "I am listening.")
    phone = await talk.answered(talk.line.call_in())
    await talk.until(lambda: sum(heard.audio.duration_ms for heard in phone.heard) > 3000)
    await talk.tell(phone, "Stop please, I have a question.")
    await talk.until(lambda: "I am listening." in talk.lines(Role.AGENT))
    said = next(m["content"] for m in talk.llm.requests[-1]["messages"] if m["role"] == "assistant")
    assert MINUTES.startswith(said)
    assert 20 < len(said) < len(MINUTES) * 0.6
    assert talk.lines(Role.AGENT)[0] == said


async def test_a_model_that_dies_leaves_the_call_to_the_house(talk: Talk) -> None:
    talk.llm.mind = InTurn("Hello, this is the house.")
    phone = await talk.answered(talk.line.call_in())
    await talk.until(lambda: bool(talk.lines(Role.AGENT)))
    talk.llm.faults.dies = talk.llm.faults.refuse = 10**6
    await talk.tell(phone, "What time is it?")
    await talk.until(lambda: len(talk.lines(Role.AGENT)) == 2)
    assert not [event for event in talk.told if event.type == "backend_lost"]
    phone.hang_up()
    await talk.engine.wait_for_end(phone.leg.call_id, 60)
