"""What the daemon lends to its calls, from the configuration to a caller who gets an answer."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from biami_engine.calls.clock import SystemClock
from biami_engine.config import (
    BackendConfig,
    CalendarConfig,
    CalendarSource,
    CallLogConfig,
    ContextConfig,
    EngineConfig,
    InfoConfig,
    LoopbackLine,
    ToolsConfig,
)
from biami_engine.config_schema import parse_config
from biami_engine.engine import LocalEngine
from biami_engine.errors import ConfigError
from biami_engine.interface import LiveEvent
from biami_engine.transports.loopback import LoopbackTransport
from biami_voice_daemon.host_ports import host_ports, read_ahead

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
RIVERS = '''
def water_level(place: str) -> float:
    """Tell the level."""
    return 2.4
'''
ENTRY_POINTS = "[biami_voice.tools]\nwater_level = rivers:water_level\ngone = rivers:gone\n"
DIALOGUE = """\
greeting: Hello.
steps:
  - name: ask
    do:
      - tool: {name: get_biami_info, arguments: {question: When are you open?}}
      - tool: {name: check_calendar, arguments: {what: free_slots}}
      - tool: {name: take_message, arguments: {name: Anna, text: Call me.}}
      - hang_up: done
"""


def house(folder: Path, **tools: Any) -> EngineConfig:
    context = ContextConfig(
        "x", prompt="{date}", tools=("end_call", "get_biami_info", "check_calendar", "take_message", "book_appointment")
    )
    return EngineConfig(
        lines={"loop": LoopbackLine("loop", context="x")},
        backends={"scripted": BackendConfig("scripted", "scripted", {"dialogue": "dialogue.yaml"})},
        default_backend="scripted",
        contexts={"x": context},
        tools=ToolsConfig(**tools),
        call_log=CallLogConfig(f"sqlite:///{folder / 'log.db'}"),
        time_zone="Europe/Berlin",
        config_dir=str(folder),
    )


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    (tmp_path / "dialogue.yaml").write_text(DIALOGUE)
    (tmp_path / "firm.md").write_text("# Opening hours\nFrom 9 to 5.\n")
    calendar = CalendarConfig((CalendarSource("calendar.ics", "calendar"),), write_to="calendar")
    config = house(tmp_path, calendar=calendar, info=InfoConfig("firm.md"))
    engine = LocalEngine(config, SystemClock(8), ports=host_ports(config))
    await engine.start()
    yield engine
    await engine.stop()


def yaml_blocks(page: str) -> list[Any]:
    text = re.sub(r"!secret \w+", "s3cret-s3cret", (DOCS / page).read_text("utf-8"))
    return [YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("page", ["calendar.md", "info-files.md", "own-tools.md", "write-a-context.md"])
def test_the_examples_of_the_docs_are_accepted(page: str, tmp_path: Path) -> None:
    (tmp_path / "info").mkdir()
    tried = 0
    for block in yaml_blocks(page):
        data = {"backends": {"e": {"type": "echo"}}, "lines": {"web": {"transport": "browser"}}}
        data |= {"contexts": {"general": {}}, "contacts": {"anna": {"number": "+12025550123"}}}
        if "prompt" in block or "tools" in block and isinstance(block["tools"], list):
            data["contexts"]["more"] = block
        elif {"tools", "variables", "time_zone"} & set(block):
            data |= block
        else:
            continue  # the content of an info file
        config = parse_config(data, str(tmp_path))
        LocalEngine(config, ports=host_ports(config)).check(config)
        tried += 1
    assert tried


def test_tools_of_installed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rivers.py").write_text(
        'def water_level(place: str) -> float:\n    """Tell the level."""\n    return 2.4\n'
    )
    metadata = tmp_path / "rivers-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rivers\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[biami_voice.tools]\nwater_level = rivers:water_level\ngone = rivers:gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "dialogue.yaml").write_text(DIALOGUE)
    config = replace(house(tmp_path), contexts={"x": ContextConfig("x", tools=("water_level",))})
    LocalEngine(config, ports=host_ports(config)).check(config)
    broken = replace(config, contexts={"x": ContextConfig("x", tools=("gone",))})
    with pytest.raises(ConfigError, match="'gone' cannot be imported"):
        LocalEngine(broken, ports=host_ports(broken)).check(broken)


async def test_what_cannot_be_read_is_said_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sources = (CalendarSource("gone.ics", "gone"), CalendarSource("bad.ics", "bad"))
    (tmp_path / "bad.ics").write_text("<html>")
    (tmp_path / "info").mkdir()
    (tmp_path / "info" / "bad.yaml").write_text("a: [")
    ports = host_ports(house(tmp_path, calendar=CalendarConfig(sources), info=InfoConfig("info")))
    with caplog.at_level(logging.WARNING):
        await read_ahead(ports)
    said = [record.getMessage() for record in caplog.records]
    assert said[-2:] == ["The calendar gone is not there.", "The calendar bad is broken and cannot be read."]
    assert said[0].startswith("info file bad.yaml is left out")


def test_a_house_without_tools_lends_nothing(tmp_path: Path) -> None:
    ports = host_ports(house(tmp_path))
    assert (ports.calendar, ports.info) == (None, None)


async def test_a_caller_is_told_and_heard(engine: LocalEngine) -> None:
    """A whole call: the tools answer from the files, and the message reaches every listener."""
    events: list[LiveEvent] = []
    engine.subscribe(events.append)
    line = engine.transports["loop"]
    assert isinstance(line, LoopbackTransport)
    phone = line.call_in(from_="+12025550123")
    await engine.wait_for_end(phone.leg.call_id, 120)
    tools = [(event.data["name"], event.data["state"]) for event in events if event.type == "tool"]
    assert ("get_biami_info", "done") in tools
    assert ("check_calendar", "done") in tools
    (message,) = [event for event in events if event.type == "message_taken"]
    assert (message.call_id, message.data["number"], message.data["stored"]) == (
        phone.leg.call_id,
        "+12025550123",
        True,
    )
