"""Running one scenario: build the house and the carrier, make the call, let the script play, judge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..audio.frame import PCMU_8K
from ..calls.clock import SystemClock
from ..errors import BiamiError, NotFound
from ..interface import CallRequest, Clock, LiveEvent
from ..speech import Voices
from .carrier import CarrierRules, LabCall, LabCarrier, PhoneLine
from .carrier.line import Spell
from .carrier.playout import BYTES_PER_SECOND
from .evidence import Evidence, failures
from .house import LINE, House, twilio_line
from .model import LabModel, Script
from .model.plan import API_KEY, NAME, ModelPlan
from .network import break_network
from .phones import ScriptedPhone
from .scenario import HOUSE, Scenario, merged
from .service import LabService, with_address
from .timeline import timeline
from .voice import LabVoice
from .warming import warm_up

MAX_CALL_SECONDS = 600.0
"""Lab seconds after which a scenario's call is ended and has failed."""
SETTLE_SECONDS = 4.0
"""Lab seconds in which the engine's view may catch up with the carrier's."""
STEP_SECONDS = 0.1
TURN_PADDING_SECONDS = 0.25
"""A turn begins so much before its first sound."""
WORDS_PER_SECOND = 2.8
SETTLED_REAL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    failures: list[str]
    timeline: list[str]
    model_received: list[dict[str, Any]] = field(default_factory=list)
    """What the engine sent to the model, as parsed."""

    @property
    def passed(self) -> bool:
        return not self.failures


async def run_scenario(
    scenario: Scenario, settings: Mapping[str, Any], folder: Path, voices: Voices, speed: float
) -> Verdict:
    """`settings` is the lab's `engine.yaml`, `folder` where its dialogues are."""
    async with AsyncExitStack() as stack:
        log = Path(stack.enter_context(TemporaryDirectory(prefix="biami-lab-")), "calls.db")
        clock, voice = SystemClock(speed), LabVoice(voices.speaker)
        carrier = LabCarrier(clock, rules=CarrierRules(calls_per_second=10), voice=voice)
        await carrier.start()
        stack.push_async_callback(carrier.stop)
        stage = Stage(scenario, carrier, clock, voice)
        settings = merged(settings, scenario.engine)
        if scenario.web:
            service = LabService(clock, scenario.web)
            await service.start()
            stack.push_async_callback(service.stop)
            settings = with_address(settings, service.url)
        if scenario.model is not None:
            stage.model = lab_model(scenario.model, clock, voices, stage)
            await stage.model.start()
            for text in scenario.model.texts():
                await stage.model.sound(text, PCMU_8K)
            stack.push_async_callback(stage.model.stop)
            settings = merged(model_backend(scenario.model, stage.model.base_url), settings)
            settings = {**settings, "default_backend": scenario.engine.get("default_backend", NAME)}
        line = twilio_line(carrier, HOUSE, scenario.line)
        stage.house = house = House(carrier, clock, {**settings, "lines": {LINE: line}}, folder, log)
        carrier.add_number(HOUSE, f"{house.url}/twilio/voice")
        await warm_up(house.config, scenario, voices.speaker)
        await house.start()
        stack.push_async_callback(house.stop)
        return await stage.play()


def lab_model(plan: ModelPlan, clock: Clock, voices: Voices, stage: Stage) -> LabModel:
    """One script for all sessions of a call: whoever comes second goes on where the first one was."""
    script = Script(plan.replies)
    return LabModel(
        clock,
        API_KEY,
        speaker=voices.speaker,
        mind=lambda: script,
        speed=plan.speed,
        faults=plan.new_faults(),
        hearing=stage.words_between,
    )


def model_backend(plan: ModelPlan, base_url: str) -> dict[str, Any]:
    """The engine's settings that lead to the model."""
    backend = {"type": "openai_realtime", "api_key": API_KEY, "base_url": base_url, **plan.backend}
    return {"backends": {NAME: backend}}


def _overlap(spell: Spell, begin: float, end: float) -> float:
    """Seconds of it within this time."""
    last = end if spell.end is None else spell.end
    return max(0.0, min(last, end) - max(spell.start, begin))


class _ErrorWatch(logging.Handler):
    """Our fault raises, is logged as an error, and fails the scenario whatever else went well."""

    logger = logging.getLogger(__name__.rpartition(".lab.")[0])

    def __init__(self, problems: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._problems = problems

    def emit(self, record: logging.LogRecord) -> None:
        self._problems.append(f"logged: {record.getMessage()}")


@dataclass(slots=True)
class Stage:
    """One run: fulfils `phones.Scene` for its phones."""

    scenario: Scenario
    carrier: LabCarrier
    clock: Clock
    voice: LabVoice
    model: LabModel | None = None
    house: House = field(init=False)
    events: list[tuple[float, LiveEvent]] = field(default_factory=list)
    replays: list[int | None] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _phone: ScriptedPhone | None = None

    @property
    def phone(self) -> ScriptedPhone:
        if self._phone is None:
            self._phone = self._new_phone(self.scenario.phone)
        return self._phone

    def _new_phone(self, steps: Any) -> ScriptedPhone:
        return ScriptedPhone(steps, self.voice, self.scenario.file.parent, self)

    def words_between(self, begin: float, end: float, own_words: str) -> str:
        """What the person said in this time; a telephone on the table sends some of the agent's own words back."""
        call = next(iter(self.carrier.calls.values()), None)
        if call is None:
            return ""
        begin += TURN_PADDING_SECONDS
        said = [spell for spell in call.line.mouth.spells if _overlap(spell, begin, end)]
        if said or call.line.loudspeaker is None:
            return " ".join(self._part(spell, begin, end) for spell in said if not spell.text.startswith("*"))
        echoed = sum(_overlap(spell, begin, end) for spell in call.line.ear.spells)
        return " ".join(own_words.split()[: max(1, round(echoed * WORDS_PER_SECOND))])

    def _part(self, spell: Spell, begin: float, end: float) -> str:
        """The words of a text that fall into this time, by even pace."""
        seconds = len(self.phone.sounds.get(spell.text, b"")) / BYTES_PER_SECOND or 1.0
        words = spell.text.split()
        first, last = (min(1.0, max(0.0, (at - spell.start) / seconds)) for at in (begin, end))
        return " ".join(words[int(first * len(words)) : round(last * len(words)) or 1])

    async def play(self) -> Verdict:
        watch = _ErrorWatch(self.problems)
        watch.logger.addHandler(watch)
        unsubscribe = self.house.engine.subscribe(lambda event: self.events.append((self.clock.monotonic(), event)))
        for name, value in self.scenario.faults.items():
            setattr(self.carrier.faults, name, value)
        for number, steps in self.scenario.others.items():
            self.carrier.phones[number] = self._new_phone(steps)
        await self.phone.prepare()
        try:
            call = await self._make_call()
            if call is not None:
                await self._until_gone(call)
            self.problems += self.phone.failures
            expected = {"alerts": [], "model_errors": [], **self.scenario.expect}
            self.problems += await self._settled(call, expected)
            received = list(self.model.received) if self.model else []
            return Verdict(self.scenario.name, self.problems, timeline(await self._evidence(call)), received)
        finally:
            unsubscribe()
            watch.logger.removeHandler(watch)

    async def _make_call(self) -> LabCall | None:
        plan = self.scenario.call
        if plan.direction == "inbound":
            return await self.carrier.call(plan.number, HOUSE, self.phone)
        self.carrier.phones[plan.number] = self.phone
        request = CallRequest(
            to=plan.number,
            context=plan.context,
            line=LINE,
            goal=plan.goal,
            variables=plan.variables,
            send_digits=plan.send_digits,
            ring_seconds=plan.ring_seconds,
        )
        try:
            record = await self.house.engine.place_call(request)
        except BiamiError as error:
            self.problems.append(f"the call was not placed: {error}")
            return None
        return self.carrier.calls.get(record.provider_id or "")

    async def _until_gone(self, call: LabCall) -> None:
        timer = self.clock.call_at(self.clock.monotonic() + MAX_CALL_SECONDS, lambda: self._give_up(call))
        try:
            await call.gone.wait()
        finally:
            timer.cancel()
        async with asyncio.timeout(SETTLED_REAL_SECONDS):
            await self.carrier.webhooks.settled(call.sid)
        self.problems += [text for _, text in call.history if text.startswith("the phone broke")]

    def _give_up(self, call: LabCall) -> None:
        self.problems.append(f"the call was still up after {MAX_CALL_SECONDS:g} s")
        call.end("completed")

    async def network(self, line: PhoneLine, fault: str) -> None:
        code = await break_network(self.carrier, self.carrier.calls[line.call_sid], fault)
        if fault == "replay_token":
            self.replays.append(code)

    async def check(self, line: PhoneLine, expectations: Mapping[str, Any]) -> list[str]:
        return await self._settled(self.carrier.calls[line.call_sid], expectations)

    async def _settled(self, call: LabCall | None, expectations: Mapping[str, Any]) -> list[str]:
        """Judge, and once more until all is well or time is up: callbacks and records need a moment."""
        end = self.clock.monotonic() + SETTLE_SECONDS
        while True:
            found = failures(await self._evidence(call), expectations)
            if not found or self.clock.monotonic() >= end:
                return found
            await self.clock.sleep_until(self.clock.monotonic() + STEP_SECONDS)

    async def _evidence(self, call: LabCall | None) -> Evidence:
        engine = self.house.engine
        try:
            record = await engine.get_call(call.sid) if call is not None else None
        except NotFound:
            record = None
        return Evidence(
            carrier=self.carrier,
            call=call,
            phone=self.phone,
            record=record,
            events=[event for _, event in self.events],
            event_times=[at for at, _ in self.events],
            records=len(await engine.list_calls()),
            now=self.clock.monotonic(),
            replays=self.replays,
            model=self.model,
        )
