"""The schema: what is accepted, what is refused, and where it says the fault lies."""

from __future__ import annotations

import dataclasses
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from biami_engine import config as c
from biami_engine.backends import BACKENDS
from biami_engine.backends.openai_realtime.payload import SessionOptions
from biami_engine.config_schema import dialogue, parse_config, tools
from biami_engine.config_schema import settings as schema
from biami_engine.errors import ConfigError, ConfigErrors
from biami_engine.transports import TRANSPORTS

SID = "AC" + "0123456789abcdef" * 2


def minimal(**changes: Any) -> dict[str, Any]:
    """A configuration that is right, so that each test changes one thing."""
    return {
        "server": {"public_url": "https://voice.example.org"},
        "lines": {
            "office": {"transport": "twilio", "account_sid": SID, "auth_token": "t0ken-t0ken", "number": "+12313993815"}
        },
        "backends": {"demo": {"type": "scripted"}},
        "contexts": {"general": {"prompt": "You answer the phone."}},
        **changes,
    }


def faults(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigErrors) as caught:
        parse_config(data)
    return {error.path: error.message for error in caught.value.errors}


def line(**changes: Any) -> dict[str, Any]:
    return {"office": {**minimal()["lines"]["office"], **changes}}


def talking(**intents: Any) -> dict[str, Any]:
    return {"contexts": {"general": {"dialogue": {"intents": intents}}}}


def test_the_minimum_gets_the_defaults_of_the_dataclasses() -> None:
    config = parse_config(minimal())
    office = config.lines["office"]
    assert isinstance(office, c.TwilioLine)
    assert office == c.TwilioLine("office", SID, "t0ken-t0ken", "+12313993815")
    assert config.default_backend == "demo"
    assert config.limits == c.LimitsConfig()
    assert config.contexts["general"] == c.ContextConfig("general", prompt="You answer the phone.")


def test_every_setting_of_a_dataclass_is_in_the_schema_and_the_other_way_round() -> None:
    pairs: list[tuple[type[Any], set[str], set[str]]] = [
        (c.ServerConfig, set(schema.SERVER.keys), set()),
        (c.TurnConfig, set(schema.TURNS.keys), set()),
        (c.IdleConfig, set(schema.IDLE.keys), set()),
        (c.ContextConfig, set(schema.CONTEXT.keys), {"name"}),
        (c.DialogueConfig, set(dialogue.DIALOGUE.keys), set()),
        (c.IntentConfig, set(dialogue.INTENT.keys), set()),
        (c.OfferConfig, set(dialogue.OFFER.keys), set()),
        (c.ContactConfig, set(schema.CONTACT.keys), {"name"}),
        (c.LimitsConfig, set(schema.LIMITS.keys), set()),
        (c.PolicyConfig, set(schema.POLICY.keys), set()),
        (c.CallLogConfig, set(schema.CALL_LOG.keys), set()),
        (c.LabConfig, set(schema.LAB.keys), set()),
        (c.ToolsConfig, set(tools.TOOL_SECTIONS.keys), set()),
        (c.CalendarConfig, set(tools.CALENDAR.keys), set()),
        (c.CalendarSource, set(tools.SOURCE.keys), set()),
        (c.InfoConfig, set(tools.INFO.keys), set()),
        (c.HttpToolConfig, set(tools.HTTP_TOOL.keys), {"name"}),
        (c.EngineConfig, set(schema.ENGINE.keys), {"config_dir"}),
    ]
    pairs += [(make, set(section.keys), {"name", "transport"}) for make, section in schema.LINES.values()]
    for make, keys, not_set in pairs:
        assert {field.name for field in dataclasses.fields(make)} - not_set == keys, make.__name__


def test_every_transport_and_backend_has_its_schema() -> None:
    assert set(schema.LINES) == set(TRANSPORTS)
    assert set(schema.BACKEND_OPTIONS) == set(BACKENDS)


def test_every_option_of_a_realtime_session_is_in_the_schema() -> None:
    own = {"profile", "api_key", "model", "base_url", "key_header", "g711"}
    session = {field.name for field in dataclasses.fields(SessionOptions)}
    assert set(schema.BACKEND_OPTIONS["openai_realtime"].keys) == own | session


def test_an_unknown_key_is_an_error_with_the_nearest_known_one() -> None:
    found = faults(minimal(lines=line(numbr="+12313993815", number="+12313993815")))
    assert '"number"' in found["lines.office.numbr"]


def test_everything_wrong_is_reported_at_once() -> None:
    found = faults(
        {
            "server": {"port": 99999, "hots": "x"},
            "lines": {"a": {"transport": "twillio"}, "b": {"transport": "twilio"}},
            "contexts": {"general": {"opening": "shout"}},
            "default_backend": 3,
        }
    )
    assert {
        "server.port",
        "server.hots",
        "lines.a.transport",
        "lines.b.number",
        "lines.b.auth_token",
        "contexts.general.opening",
        "default_backend",
    } <= set(found)


@pytest.mark.parametrize(
    ("changes", "path", "word"),
    [
        ({"lines": line(number=12313993815)}, "lines.office.number", "quotes"),
        ({"lines": line(number="5555551234")}, "lines.office.number", "E.164"),
        ({"lines": line(account_sid="AC123")}, "lines.office.account_sid", "32"),
        ({"lines": line(context="sales")}, "lines.office.context", "sales"),
        ({"lines": line(api_url="ftp://x")}, "lines.office.api_url", "address"),
        ({"lines": {"o ffice": {"transport": "browser"}}}, "lines.o ffice", "name"),
        ({"lines": {**line(), "b": line()["office"]}}, "lines.b.number", "already"),
        ({"lines": {"x": {}}}, "lines.x.transport", "missing"),
        ({"lines": []}, "lines", "section"),
        ({"server": {}}, "server.public_url", "missing"),
        ({"server": {"public_url": "http://voice.example.org"}}, "server.public_url", "https"),
        ({"server": {"public_url": "http://127.0.0.1:8080"}}, "server.public_url", "reached"),
        ({"server": {"public_url": "https://v.example.org?x=1"}}, "server.public_url", "plain"),
        ({"server": {"public_url": "https://v:port"}}, "server.public_url", "address"),
        ({"server": {"port": "80a"}}, "server.port", "whole"),
        ({"server": {"port": True}}, "server.port", "whole"),
        ({"server": {"drain_seconds": "long"}}, "server.drain_seconds", "number"),
        ({"server": {"host": "0.0.0.0", "public_url": "https://v.example.org"}}, "server.api_token", "token"),
        ({"server": {"cors_origins": ["*", 3]}}, "server.cors_origins.1", "text"),
        ({"backends": {}}, "backends", "missing"),
        ({"backends": {"a": {"type": "scriptd"}}}, "backends.a.type", "scripted"),
        ({"backends": {"a": {"type": "echo", "dialogue": "x"}}}, "backends.a.dialogue", "not a setting"),
        ({"backends": {"a": {"type": "scripted", "dialogue": "no.yaml"}}}, "backends.a.dialogue", "there is no"),
        ({"lab": {"subscribers": "no.yaml"}}, "lab.subscribers", "there is no"),
        ({"backends": {"a": {"type": "echo"}, "b": {"type": "echo"}}}, "default_backend", "which"),
        ({"default_backend": "cloud"}, "default_backend", "cloud"),
        ({"contexts": {"general": {"backend": "dem"}}}, "contexts.general.backend", '"demo"'),
        ({"contexts": {"general": {"variables": 3}}}, "contexts.general.variables", "mapping"),
        ({"contexts": {"general": {"idle": {"after_seconds": 0}}}}, "contexts.general.idle.after_seconds", "1 to"),
        ({"contacts": {"anna": {"number": "030"}}}, "contacts.anna.number", "E.164"),
        ({"policy": {"allowed_countries": ["Germany"]}}, "policy.allowed_countries.0", "two letters"),
        ({"limits": {"max_concurrent_calls": 0}}, "limits.max_concurrent_calls", "1 to"),
        ({"contacts": {"anna": {"number": "+4930123456", "context": "x"}}}, "contacts.anna.context", "no context"),
        ({"contexts": {"general": {"transfer_to": ["ana"]}}}, "contexts.general.transfer_to.0", "no contact"),
        ({"spare_backends": ["demp"]}, "spare_backends", "demo"),
        (talking(x={"sentences": "(open"}), "contexts.general.dialogue.intents.x.sentences.0", "nothing closes"),
        (
            talking(x={"sentences": "open)", "say": "a"}),
            "contexts.general.dialogue.intents.x.sentences.0",
            "nothing opens",
        ),
        (talking(x={"sentences": "open"}), "contexts.general.dialogue.intents.x", "leads nowhere"),
        (talking(x={"offer": "book"}), "contexts.general.dialogue.intents.x.say", "missing"),
        (talking(x={"flow": "bok"}), "contexts.general.dialogue.intents.x.flow", "book"),
        (talking(x={"flow": "book", "tool": "y"}), "contexts.general.dialogue.intents.x.tool", "choose one"),
        (talking(x={"say": "a", "says": "b"}), "contexts.general.dialogue.intents.x.says", "say"),
        (talking(x={"say": "a", "sentences": "the {dor}"}), "contexts.general.dialogue.intents.x.sentences.0", "dor"),
        ({"time_zone": "Europe/Berlim"}, "time_zone", "Europe/Berlin"),
        ({"tools": {"info": {"path": "nowhere/"}}}, "tools.info.path", "there is no"),
        ({"tools": {"calendar": {"sources": [{"name": "x"}]}}}, "tools.calendar.sources.0.location", "missing"),
        ({"tools": {"calendar": {"sources": ["a.ics", "b/a.ics"]}}}, "tools.calendar.sources.1", "taken"),
        ({"tools": {"calendar": {"sources": ["a.ics"], "write_to": "b"}}}, "tools.calendar.write_to", "no calendar"),
        (
            {"tools": {"calendar": {"business_hours": {"fun": "9:00-10:00"}}}},
            "tools.calendar.business_hours.fun",
            "mon",
        ),
        (
            {"tools": {"calendar": {"business_hours": {"fri-mon": "9:00-10:00"}}}},
            "tools.calendar.business_hours.fri-mon",
            "day",
        ),
        ({"tools": {"calendar": {"business_hours": {"mon": "9-17"}}}}, "tools.calendar.business_hours.mon", "hours"),
        (
            {"tools": {"calendar": {"business_hours": {"mon": "17:00-9:00"}}}},
            "tools.calendar.business_hours.mon",
            "ends",
        ),
        ({"tools": {"http": {"weather": {"url": "https://x"}}}}, "tools.http.weather.description", "missing"),
        (
            {"tools": {"http": {"weather": {"parameters": {"type": "array"}}}}},
            "tools.http.weather.parameters",
            "object",
        ),
        ({"test_mode": "maybe"}, "test_mode", "true or false"),
        ({"call_log": {"url": ""}}, "call_log.url", "empty"),
    ],
)
def test_refused(changes: dict[str, Any], path: str, word: str) -> None:
    found = faults(minimal(**changes))
    assert word in found[path]


def test_no_error_shows_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(minimal(lines=line(auth_token=123456789)))
    assert "123456789" not in str(caught.value)


def test_the_lab_carrier_on_loopback_needs_no_https() -> None:
    config = parse_config(
        minimal(server={"public_url": "http://127.0.0.1:8080/"}, lines=line(api_url="http://127.0.0.1:8090"))
    )
    assert config.server.public_url == "http://127.0.0.1:8080"


def test_a_simulator_on_this_machine_needs_no_public_address() -> None:
    config = parse_config(minimal(server={"port": 8081}, lines=line(api_url="http://127.0.0.1:8090")))
    assert config.server.public_url == "http://127.0.0.1:8081"


def test_text_of_the_environment_is_read_as_what_it_means() -> None:
    config = parse_config(minimal(test_mode="True", limits={"max_concurrent_calls": "2"}))
    assert config.test_mode is True
    assert config.limits.max_concurrent_calls == 2


def test_empty_sections_and_single_values_are_fine() -> None:
    config = parse_config(minimal(limits=None, policy={"allowed_countries": "de"}))
    assert config.limits == c.LimitsConfig()
    assert config.policy.allowed_countries == ("DE",)


def test_spare_backends_are_the_failover_of_contexts_that_have_none() -> None:
    contexts = {"general": {}, "own": {"failover": {"backends": ["other"]}}}
    backends = {"demo": {"type": "offline"}, "spare": {"type": "scripted"}, "other": {"type": "echo"}}
    config = parse_config(minimal(contexts=contexts, backends=backends, default_backend="demo", spare_backends="spare"))
    assert config.contexts["general"].failover.backends == ("spare",)
    assert config.contexts["own"].failover.backends == ("other",)


def test_zeroconf_knows_three_words() -> None:
    def zeroconf(word: object) -> bool | None:
        server = {"public_url": "https://voice.example.org", "zeroconf": word}
        return parse_config(minimal(server=server)).server.zeroconf

    assert [zeroconf(word) for word in ("auto", True, "off")] == [None, True, False]


def test_test_mode_takes_every_context_from_backends_that_cost_money() -> None:
    data = minimal(
        backends={"cloud": {"type": "openai_realtime", "api_key": "k" * 20}, "demo": {"type": "scripted"}},
        default_backend="cloud",
        contexts={"general": {}, "sales": {"backend": "cloud"}, "own": {"backend": "demo"}},
    )
    assert parse_config(data).default_backend == "cloud"
    config = parse_config({**data, "test_mode": True})
    assert config.default_backend == "demo"
    assert [context.backend for context in config.contexts.values()] == [None, "demo", "demo"]


def test_test_mode_needs_no_backend_at_all() -> None:
    config = parse_config(minimal(backends={}, test_mode=True))
    assert config.backends[config.default_backend].type == "echo"


def test_the_call_log_lies_beside_the_configuration(tmp_path: Path) -> None:
    config = parse_config(minimal(call_log={"url": "sqlite:///log/calls.db"}), str(tmp_path))
    assert config.call_log.url == f"sqlite:///{tmp_path}/log/calls.db"
    assert parse_config(minimal(), str(tmp_path)).call_log.url == f"sqlite:///{tmp_path}/biami.db"


@pytest.mark.parametrize("url", ["sqlite:////var/lib/x.db", "sqlite:///:memory:", "postgresql://db/biami"])
def test_other_call_logs_stay_where_they_are(url: str) -> None:
    assert parse_config(minimal(call_log={"url": url})).call_log.url == url


def test_calendars_may_be_written_short() -> None:
    sources = ["family.ics", "https://cloud.example.org/cal.ics", {"location": "x.ics", "name": "work", "kind": "ics"}]
    calendar = parse_config(minimal(tools={"calendar": {"sources": sources, "write_to": "work"}})).tools.calendar
    assert calendar is not None
    assert [source.name for source in calendar.sources] == ["family", "cloud.example.org", "work"]


def test_business_hours() -> None:
    hours = {"mon-fri": "9:00-12:30, 13:30 - 17:00", "Wednesday": ["8:00-9:00"], "fri": "closed", "sun": False}
    calendar = parse_config(minimal(tools={"calendar": {"business_hours": hours}})).tools.calendar
    assert calendar is not None
    usual = ((time(9), time(12, 30)), (time(13, 30), time(17)))
    assert calendar.business_hours == {0: usual, 1: usual, 2: ((time(8), time(9)),), 3: usual}
