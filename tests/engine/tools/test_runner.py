from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from biami_engine.errors import ConfigError, NotFound
from biami_engine.tools import BUILTIN_TOOLS
from biami_engine.tools.ports import ToolPorts
from biami_engine.tools.runner import MAX_OUTPUT_CHARACTERS, ToolBox, ToolOutcome


class Keypad:
    def __init__(self) -> None:
        self.pressed: list[str] = []

    def send_dtmf(self, digits: str) -> None:
        self.pressed.append(digits)

    def announce(self, type: str, data: Mapping[str, Any]) -> None:
        raise NotImplementedError


@dataclass
class Slot:
    day: date
    free: bool


class StoppedClock:
    def wall(self) -> datetime:
        return datetime(2026, 11, 24, 22, 30, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep_until(self, when: float) -> None:
        raise NotImplementedError

    def call_at(self, when: float, callback: object) -> Any:
        raise NotImplementedError


def lent(call: Keypad | None = None) -> ToolPorts:
    return ToolPorts(call=call or Keypad(), clock=StoppedClock(), time_zone=timezone(timedelta(hours=2), "CEST"))


def error_of(outcome: ToolOutcome) -> str:
    assert outcome.failed
    assert outcome.effect is None
    return str(json.loads(outcome.output_json)["error"])


def test_every_builtin_tool_has_a_description_and_a_schema() -> None:
    everything: Any = {field.name: object() for field in fields(ToolPorts)}
    specs = ToolBox(list(BUILTIN_TOOLS), ToolPorts(**everything)).specs
    assert [spec.name for spec in specs] == list(BUILTIN_TOOLS)
    for spec in specs:
        assert spec.description
        assert spec.parameters["type"] == "object"


async def test_end_call_has_the_effect_that_ends_the_call() -> None:
    outcome = await ToolBox(["end_call"], lent()).run("end_call", '{"reason": "done"}', 5)
    assert outcome.effect == "end_call"
    assert json.loads(outcome.output_json) == {"status": "ending"}
    assert not outcome.failed


async def test_a_failed_end_call_has_no_effect() -> None:
    error_of(await ToolBox(["end_call"], lent()).run("end_call", '{"reason": 5}', 5))


async def test_send_dtmf_presses_keys_and_nothing_else() -> None:
    keypad = Keypad()
    box = ToolBox(["send_dtmf"], lent(keypad))
    assert not (await box.run("send_dtmf", '{"digits": "1w2#"}', 5)).failed
    assert "Only the keys" in error_of(await box.run("send_dtmf", '{"digits": "12<Hangup/>"}', 5))
    assert keypad.pressed == ["1w2#"]


async def test_current_time_at_home_and_elsewhere() -> None:
    box = ToolBox(["current_time"], lent())
    home = json.loads((await box.run("current_time", "{}", 5)).output_json)
    assert home == {"date": "2026-11-25", "weekday": "Wednesday", "time": "00:30", "zone": "CEST"}
    tokyo = json.loads((await box.run("current_time", '{"zone": "Asia/Tokyo"}', 5)).output_json)
    assert tokyo["time"] == "07:30"
    assert "no time zone" in error_of(await box.run("current_time", '{"zone": "Mars/Base"}', 5))


def test_a_missing_port_and_an_unknown_name_are_configuration_errors() -> None:
    with pytest.raises(ConfigError, match="needs 'call'"):
        ToolBox(["send_dtmf"], ToolPorts())
    with pytest.raises(ConfigError, match="unknown tool 'fly'"):
        ToolBox(["fly"], lent())


async def test_a_tool_the_context_does_not_allow_is_not_there() -> None:
    assert "no tool 'send_dtmf'" in error_of(await ToolBox(["end_call"], lent()).run("send_dtmf", "{}", 5))


async def test_plain_functions_run_in_a_thread_and_coroutines_on_the_loop() -> None:
    def plain() -> bool:
        return threading.current_thread() is threading.main_thread()

    async def coroutine() -> bool:
        return plain()

    box = ToolBox(["plain", "coroutine"], lent(), {"plain": plain, "coroutine": coroutine})
    assert (await box.run("plain", "", 5)).output_json == "false"
    assert (await box.run("coroutine", "", 5)).output_json == "true"


async def test_a_slow_tool_is_stopped() -> None:
    stopped = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    assert "too long" in error_of(await ToolBox(["slow"], lent(), {"slow": slow}).run("slow", "", 0.01))
    assert stopped.is_set()


async def test_a_tool_has_its_own_deadline_and_a_caller_may_only_shorten_it() -> None:
    async def slow() -> None:
        await asyncio.Event().wait()

    slow.timeout_seconds = 0.01  # type: ignore[attr-defined]  # as a function from elsewhere would say it
    slow.preamble = "One moment."  # type: ignore[attr-defined]
    box = ToolBox(["slow"], lent(), {"slow": slow}, {})
    assert (box.specs[0].timeout_seconds, box.specs[0].preamble) == (0.01, "One moment.")
    assert "too long" in error_of(await box.run("slow", "", 60))
    assert ToolBox(["slow"], lent(), {"slow": slow}, {"slow": "Moment."}).specs[0].preamble == "Moment."


async def test_cancelling_a_run_cancels_the_tool() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            stopped.set()

    run = asyncio.create_task(ToolBox(["slow"], lent(), {"slow": slow}).run("slow", "", 60))
    await asyncio.wait_for(started.wait(), 5)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert stopped.is_set()


async def test_failures_are_data(caplog: pytest.LogCaptureFixture) -> None:
    def refuses() -> None:
        raise NotFound("There is no such call.")

    def breaks() -> None:
        raise ZeroDivisionError("secret detail")

    def shouts() -> str:
        return "a" * MAX_OUTPUT_CHARACTERS

    def mumbles() -> object:
        return object()

    box = ToolBox(
        ["refuses", "breaks", "shouts", "mumbles"],
        lent(),
        {"refuses": refuses, "breaks": breaks, "shouts": shouts, "mumbles": mumbles},
    )
    assert error_of(await box.run("refuses", "", 5)) == "There is no such call."
    assert "too long" in error_of(await box.run("shouts", "", 5))
    with caplog.at_level(logging.CRITICAL + 1):
        assert error_of(await box.run("breaks", "", 5)) == "The tool failed."
        assert error_of(await box.run("mumbles", "", 5)) == "The tool failed."


async def test_results_of_any_plain_kind_become_json() -> None:
    def slots() -> list[Slot]:
        return [Slot(date(2026, 11, 24), True)]

    outcome = await ToolBox(["slots"], lent(), {"slots": slots}).run("slots", "", 5)
    assert json.loads(outcome.output_json) == [{"day": "2026-11-24", "free": True}]
