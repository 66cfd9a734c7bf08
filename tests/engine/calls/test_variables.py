"""What a prompt knows of the time, the other end and the reason of a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from biami_engine.calls.prompt import render, unknown_in
from biami_engine.calls.variables import call_variables, own_context
from biami_engine.config import ContactConfig, ContextConfig, EngineConfig
from biami_engine.interface import CallRecord, CallStatus, Direction

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
CONFIG = EngineConfig(contacts={"anna": ContactConfig("anna", "+12025550123")}, time_zone="Europe/Berlin")
IN = CallRecord("c", Direction.INBOUND, "l", "x", CallStatus.RINGING, "+12025550123", "+12025550100", NOW)
OUT = replace(IN, direction=Direction.OUTBOUND, from_="+12025550100", to="+12025550123", goal="Ask about the water")
CONTEXTS = Path(__file__).parents[3] / "config" / "contexts"


def values(record: CallRecord, context: ContextConfig | None = None, config: EngineConfig = CONFIG) -> dict[str, str]:
    return call_variables(config, context or ContextConfig("x"), record, NOW)


def test_the_time_is_that_of_the_house() -> None:
    found = values(IN)
    assert (found["weekday"], found["date"], found["time"]) == ("Wednesday", "25 November 2026", "00:30")


@pytest.mark.parametrize(
    ("language", "date"), [("de-AT", "Mittwoch, 25. November 2026"), ("fr", "Wednesday, 25 November 2026")]
)
def test_the_date_is_said_in_the_language_of_the_context(language: str, date: str) -> None:
    found = values(IN, ContextConfig("x", language=language))
    assert f"{found['weekday']}, {found['date']}" == date


def test_the_other_end_has_a_name_where_it_is_a_contact() -> None:
    assert values(IN)["caller_name"] == values(OUT)["caller_name"] == "anna"
    assert values(IN)["caller"] == values(OUT)["caller"] == "+12025550123"
    assert values(replace(IN, from_="anonymous"))["caller_name"] == "not known"
    assert values(replace(IN, from_=""))["caller_name"] == "not known"


def test_the_reason_of_a_call() -> None:
    assert values(IN)["call_reason"] == "The caller rang us; find out why."
    assert values(OUT)["call_reason"].endswith("This is what it is for: Ask about the water")
    assert "was not said" in values(replace(OUT, goal=None))["call_reason"]
    assert values(replace(OUT, goal="{time} {x}"))["call_reason"].endswith("for: {time} {x}")
    assert values(IN)["opening_question"] != values(OUT)["opening_question"]


def test_nearer_values_win() -> None:
    config = replace(CONFIG, variables={"company": "Biami", "town": "Graz"})
    context = ContextConfig("x", variables={"town": "Linz"})
    found = values(IN, context, config)
    assert (found["company"], found["town"]) == ("Biami", "Linz")
    assert values(IN)["company"] == "this house"


def test_whom_a_call_can_be_passed_on_to() -> None:
    config = replace(CONFIG, contacts={**CONFIG.contacts, "desk": ContactConfig("desk", "+12025550124")})
    assert values(IN, config=config)["transfer_names"] == "anna, desk"
    assert values(IN, ContextConfig("x", transfer_to=("desk",)), config)["transfer_names"] == "desk"
    assert values(IN, config=replace(CONFIG, contacts={}))["transfer_names"] == "nobody"


def test_a_contact_may_have_a_context_of_its_own() -> None:
    config = replace(CONFIG, contacts={"bo": ContactConfig("bo", "+12025550125", context="sales")})
    assert own_context(config, "+12025550125") == "sales"
    assert own_context(CONFIG, "+12025550123") == own_context(config, "anonymous") == own_context(config, "") == ""


def test_unknown_variables_are_named() -> None:
    context = ContextConfig("x", prompt="{time} {order} {order}", first_sentence="Hello {nobody}.")
    assert unknown_in(context, values(IN, context)) == ["nobody", "order"]


@pytest.mark.parametrize("file", sorted(CONTEXTS.glob("*.yaml")), ids=lambda file: file.stem)
@pytest.mark.parametrize("record", [IN, OUT], ids=["inbound", "outbound"])
def test_the_shipped_contexts_know_all_they_need(file: Path, record: CallRecord) -> None:
    data = yaml.safe_load(file.read_text("utf-8"))
    context = ContextConfig(file.stem, prompt=data["prompt"], first_sentence=data["first_sentence"])
    text = render(context.prompt, values(record, context))
    for needed in ("Wednesday, 25 November 2026", "anna", "+12025550123", "Never invent", "one or two short sentences"):
        assert needed in text
    assert ("Ask about the water" in text) == (record is OUT)
    assert len(text.split()) < 600
    assert render(context.first_sentence, values(record, context)).endswith("?")
