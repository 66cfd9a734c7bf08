"""Which tools a call gets, what its desk stores and tells, and what a configuration is told about missing ones."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from biami_engine.calllog import CallbackLog, MessageLog, Store
from biami_engine.calls.clock import SystemClock
from biami_engine.calls.lending import Lending
from biami_engine.config import (
    CalendarConfig,
    ContactConfig,
    ContextConfig,
    EngineConfig,
    HttpToolConfig,
    ToolsConfig,
)
from biami_engine.errors import ConfigError
from biami_engine.interface import CallRecord, CallStatus, Direction, Urgency
from biami_engine.tools.ports import Agenda, CalendarEvent, HostPorts, InfoEntry

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
RECORD = CallRecord("call_1", Direction.INBOUND, "phone", "x", CallStatus.RINGING, "+12025550123", "+12025550100", NOW)
ALL = ("end_call", "check_calendar", "get_biami_info", "take_message", "transfer_call", "schedule_callback")


class StandingClock(SystemClock):
    def wall(self) -> datetime:
        return NOW


class OneEvent:
    read_only = True

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        return Agenda((CalendarEvent(start, end, "Doctor", "family"),))

    async def book(self, start: datetime, end: datetime, title: str, notes: str = "") -> str:
        raise NotImplementedError


class NoInfo:
    async def search(self, question: str, limit: int = 3) -> Sequence[InfoEntry]:
        return []

    async def topics(self, limit: int = 40) -> Sequence[str]:
        return []


class Told:
    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def send_dtmf(self, digits: str) -> None:
        raise NotImplementedError

    def announce(self, type: str, data: Mapping[str, Any]) -> None:
        self.events.append((type, data))


def config(*tools: str, **more: Any) -> EngineConfig:
    return EngineConfig(contexts={"x": ContextConfig("x", tools=tools)}, **more)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/log.db")
    await store.start()
    yield store
    await store.close()


def lending(store: Store, ports: HostPorts | None = None) -> Lending:
    made = Lending(store, StandingClock(), ports)
    made.owner = "me"
    return made


def names(made: Lending, given: EngineConfig, context: ContextConfig | None = None) -> list[str]:
    return [spec.name for spec in made.toolbox(given, context or given.contexts["x"], Told(), RECORD).specs]


async def test_a_call_gets_the_tools_whose_ports_are_there(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    given = config(*ALL)
    made = lending(store)
    with caplog.at_level(logging.WARNING):
        made.check(given)
    assert names(made, given) == ["end_call", "take_message", "schedule_callback"]
    assert [record.getMessage() for record in caplog.records] == [
        "check_calendar cannot be used by the contexts x: no calendar is configured (tools.calendar)",
        "get_biami_info cannot be used by the contexts x: no info files are configured (tools.info)",
        "transfer_call cannot be used by the contexts x: there are no contacts",
    ]
    full = replace(
        given,
        tools=ToolsConfig(calendar=CalendarConfig()),
        contacts={"anna": ContactConfig("anna", "+12025550123")},
    )
    assert names(lending(store, HostPorts(OneEvent(), NoInfo())), full) == list(ALL)


@pytest.mark.parametrize(
    ("shown_to", "title"), [((), "busy"), (("anna",), "Doctor"), (("phone",), "Doctor"), (("web",), "busy")]
)
async def test_titles_are_shown_to_contacts_and_lines(store: Store, shown_to: tuple[str, ...], title: str) -> None:
    given = config(
        "check_calendar",
        tools=ToolsConfig(calendar=CalendarConfig(show_titles_to=shown_to)),
        contacts={"anna": ContactConfig("anna", "+12025550123")},
    )
    box = lending(store, HostPorts(OneEvent())).toolbox(given, given.contexts["x"], Told(), RECORD)
    outcome = await box.run("check_calendar", '{"what": "appointments"}')
    assert json.loads(outcome.output_json)["appointments"][0]["title"] == title


async def test_messages_and_promises_are_stored_and_told(store: Store) -> None:
    contacts = {"anna": ContactConfig("anna", "+12025550123")}
    given = config("take_message", "schedule_callback", contacts=contacts, time_zone="Europe/Berlin")
    told = Told()
    box = lending(store).toolbox(given, given.contexts["x"], told, RECORD)
    await box.run("take_message", '{"name": "Anna", "text": "Call me.", "urgency": "urgent"}')
    (message,) = await MessageLog(store).list()
    assert (message.call_id, message.number, message.urgency) == ("call_1", "+12025550123", Urgency.URGENT)
    await box.run("schedule_callback", '{"due": "2026-11-25T10:00", "reason": "The offer"}')
    (promised,) = await CallbackLog(store).waiting()
    assert (promised.line, promised.number, promised.name) == ("phone", "+12025550123", "anna")
    assert promised.due_at == datetime(2026, 11, 25, 9, tzinfo=UTC)
    type, data = told.events.pop()
    assert (type, data["callback_id"], data["due_at"]) == (
        "callback_scheduled",
        promised.id,
        "2026-11-25T09:00:00+00:00",
    )
    assert told.events[0] == (
        "message_taken",
        {
            "message_id": message.id,
            "name": "Anna",
            "number": "+12025550123",
            "text": "Call me.",
            "urgency": "urgent",
            "stored": True,
        },
    )


async def test_a_message_that_cannot_be_stored_is_told_all_the_same(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/no/such/folder/log.db")
    await store.start()
    given, told = config("take_message"), Told()
    box = lending(store).toolbox(given, given.contexts["x"], told, RECORD)
    outcome = await box.run("take_message", '{"name": "Anna", "text": "Call me."}')
    assert outcome.failed
    assert [(type, data["text"], data["stored"]) for type, data in told.events] == [
        ("message_taken", "Call me.", False)
    ]
    await store.close()


async def test_a_withheld_number_cannot_be_called_back(store: Store) -> None:
    given = config("schedule_callback")
    box = lending(store).toolbox(given, given.contexts["x"], Told(), replace(RECORD, from_="anonymous"))
    outcome = await box.run("schedule_callback", '{"due": "2026-11-25T10:00", "reason": "x"}')
    assert "no number" in outcome.output_json


async def test_tools_of_other_packages(store: Store) -> None:
    def weather(town: str) -> str:
        """Tell the weather."""
        return f"Rain in {town}"

    given = config("weather", "end_call")
    made = lending(store, HostPorts(tools={"weather": lambda: weather}))
    made.check(given)
    box = made.toolbox(given, given.contexts["x"], Told(), RECORD)
    assert (await box.run("weather", '{"town": "Graz"}')).output_json == '"Rain in Graz"'


def _breaks() -> Any:
    raise ImportError("no module named weather")


def _untold(thing: complex) -> None:
    """Take something that JSON has no word for."""


def _demanding(*, moon: object) -> None:
    """Ask for a port that nobody has."""


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (_breaks, "'t' cannot be imported: no module named weather"),
        (lambda: _untold, "cannot be described to a model"),
        (lambda: _demanding, "needs 'moon'"),
    ],
)
def test_a_tool_that_does_not_work_is_a_fault_of_the_configuration(tool: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        lending(Store("sqlite://"), HostPorts(tools={"t": tool})).check(config("t"))
    assert caught.value.path == "contexts.x.tools"


def test_unknown_and_doubled_tools() -> None:
    made = lending(Store("sqlite://"))
    with pytest.raises(ConfigError, match="unknown tool 'fly'"):
        made.check(config("fly"))
    doubled = ToolsConfig(http={"end_call": HttpToolConfig("end_call", "x", "https://example.org")})
    with pytest.raises(ConfigError, match="builtin tool"):
        made.check(config(tools=doubled))


def test_slow_words_are_those_of_the_context() -> None:
    made = lending(Store("sqlite://"))
    english = config("take_message", "end_call").contexts["x"]
    german = replace(english, language="de", preambles={"end_call": "Moment."})

    def said(context: ContextConfig) -> list[str]:
        return [spec.preamble for spec in made.toolbox(EngineConfig(), context, Told(), RECORD).specs]

    assert said(english) == ["One moment, I write it down.", ""]
    assert said(german) == ["", "Moment."]


async def test_nothing_is_left_when_no_tool_asked_the_web(store: Store) -> None:
    before = asyncio.all_tasks()
    made = lending(store)
    await made.close()
    assert asyncio.all_tasks() == before
