"""A scripted phone against the carrier's own TwiML: it waits, speaks, interrupts, presses and refuses as written."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from biami_engine.calls.clock import SystemClock
from biami_engine.errors import ConfigError
from biami_engine.lab.carrier import CarrierRules, LabCall, LabCarrier, PhoneLine
from biami_engine.lab.carrier.call import CallPlan
from biami_engine.lab.carrier.sounds import ToneVoice
from biami_engine.lab.phones import ScriptedPhone
from biami_engine.lab.phones.steps import script

HOUSE, OUTSIDE = "+12025550100", "+14155550123"
TALK = "<Response><Say>Hello, this is a sentence of some length.</Say><Pause length='30'/></Response>"


class Scene:
    """Notes what scripts ask of the network, and finds fault with everything."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    async def network(self, line: PhoneLine, fault: str) -> None:
        self.faults.append(fault)

    async def check(self, line: PhoneLine, expectations: Mapping[str, Any]) -> list[str]:
        return [f"unlike {word}" for word in expectations]


@pytest.fixture
async def carrier() -> AsyncIterator[LabCarrier]:
    carrier = LabCarrier(SystemClock(speed=8), rules=CarrierRules(calls_per_second=10))
    await carrier.start()
    carrier.add_number(HOUSE)
    yield carrier
    await carrier.stop()


def phone(steps: list[Any], scene: Scene | None = None, folder: Path | None = None) -> ScriptedPhone:
    return ScriptedPhone(script(steps), ToneVoice(), folder or Path(), scene)


async def ring(carrier: LabCarrier, called: ScriptedPhone, twiml: str = TALK) -> LabCall:
    """The account calls this phone."""
    carrier.phones[OUTSIDE] = called
    call = carrier.new_call("outbound-api", HOUSE, OUTSIDE, CallPlan(twiml=twiml, ring_seconds=5), dialled=False)
    carrier.start_outbound(call)
    await asyncio.wait_for(call.gone.wait(), 30)
    return call


@pytest.mark.parametrize(
    ("step", "status"),
    [("busy", "busy"), ("reject", "busy"), ("unreachable", "failed"), ("no_answer", "no-answer")],
)
async def test_phones_that_are_not_answered(carrier: LabCarrier, step: str, status: str) -> None:
    call = await ring(carrier, phone([step]))
    assert call.status == status
    assert not call.line.answered.is_set()


async def test_a_conversation(carrier: LabCarrier) -> None:
    called = phone(["wait_for_agent", {"say": "Good morning."}, {"press": "1w2"}, "hang_up"])
    call = await ring(carrier, called)
    assert called.failures == []
    assert called.done
    assert [spell.text for spell in call.line.mouth.spells] == ["Good morning."]
    agent, own = call.line.ear.spells[0], call.line.mouth.spells[0]
    assert agent.end is not None
    assert own.start >= agent.end + 2.0
    assert call.status == "completed"


async def test_an_interruption_falls_into_the_agents_sentence(carrier: LabCarrier) -> None:
    called = phone([{"interrupt": {"after": 1, "say": "Stop."}}, "hang_up"])
    call = await ring(carrier, called)
    (spell, at), own = called.interrupted[0], call.line.mouth.spells[0]
    assert spell.start + 1 <= at <= own.start
    assert spell.end is not None


async def test_an_agent_that_says_nothing_is_a_failure(carrier: LabCarrier) -> None:
    called = phone([{"wait_for_agent": {"within": 3}}, {"interrupt": "Stop."}, "hang_up"])
    await ring(carrier, called, "<Response><Pause length='60'/></Response>")
    assert [failure.split(" ")[1:3] for failure in called.failures] == [["agent", "had"], ["agent", "never"]]


async def test_a_call_that_is_over_too_early_is_a_failure(carrier: LabCarrier) -> None:
    called = phone([{"wait": 30}, {"say": "Hello?"}])
    await ring(carrier, called, "<Response><Pause length='2'/></Response>")
    assert called.failures == ["the call was over before step 2 (say)"]


async def test_voicemail_greets_beeps_and_is_detected(carrier: LabCarrier) -> None:
    called = phone([{"voicemail": "Please speak after the tone, thank you very much."}, {"wait": 1}, "hang_up"])
    call = await ring(carrier, called, "<Response><Pause length='60'/></Response>")
    assert [spell.text[:6] for spell in call.line.mouth.spells] == ["Please", "*beep*"]
    assert call.line.verdicts == ["machine_start", "machine_end_beep"]


async def test_a_person_is_detected_as_one(carrier: LabCarrier) -> None:
    call = await ring(carrier, phone([{"wait": 3}, "hang_up"]))
    assert call.line.verdicts == ["human"]


async def test_sound_files_lie_beside_the_script(carrier: LabCarrier, tmp_path: Path) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(b"\x00\x20" * 8000)
    (tmp_path / "one.wav").write_bytes(file.getvalue())
    call = await ring(carrier, phone([{"say": {"wav": "one.wav"}}, "hang_up"], folder=tmp_path))
    spell = call.line.mouth.spells[0]
    assert spell.end is not None
    assert round(spell.end - spell.start, 2) == 1.0
    with pytest.raises(ConfigError, match=r"none\.wav"):
        await phone([{"say": {"wav": "none.wav"}}], folder=tmp_path).prepare()


async def test_the_scene_breaks_the_network_and_judges(carrier: LabCarrier) -> None:
    scene = Scene()
    called = phone([{"network": "garbage"}, {"expect": {"streams": 1}}, "hang_up"], scene)
    await ring(carrier, called)
    assert scene.faults == ["garbage"]
    assert called.failures == ["unlike streams"]


async def test_a_caller_waits_until_it_is_answered(carrier: LabCarrier) -> None:
    async def twiml(request: web.Request) -> web.Response:
        return web.Response(text=TALK, content_type="text/xml")

    app = web.Application()
    app.router.add_post("/voice", twiml)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    carrier.add_number(HOUSE, f"http://127.0.0.1:{runner.addresses[0][1]}/voice")
    caller = phone(["wait_for_agent", "hang_up"])
    call = await carrier.call(OUTSIDE, HOUSE, caller)
    await asyncio.wait_for(call.gone.wait(), 30)
    await runner.cleanup()
    assert caller.failures == []
    assert (call.direction, call.status) == ("inbound", "completed")
