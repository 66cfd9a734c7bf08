"""Looking up, messages, transfers and promises."""

from __future__ import annotations

import json

import pytest

from biami_engine.interface import Urgency
from biami_engine.tools.ports import Caller, ToolPorts
from biami_engine.tools.runner import ToolBox

from .conftest import House, local


async def test_an_answer_names_its_source_and_is_short(house: House) -> None:
    answer = await house.use("get_biami_info", question="When are you open?")
    (entry,) = answer["answers"]
    assert (answer["found"], entry["source"], len(entry["text"])) == (True, "firm.md, “Opening hours”", 1500)


async def test_what_is_not_found_is_said(house: House) -> None:
    answer = await house.use("get_biami_info", question="Who is the president?")
    assert answer["found"] is False
    assert "invent nothing" in answer["note"]
    assert answer["headings"] == ["Opening hours"]
    assert await house.refused("get_biami_info", question=" ") == "Ask a question."


async def test_a_message_is_taken(house: House) -> None:
    answer = await house.use("take_message", name=" Anna ", text="Call me.", urgency="urgent")
    assert answer == {"status": "taken", "message_id": "msg_1", "number": "+12025550123"}
    await house.use("take_message", name="Bo", text="Hi", number="extension 5")
    assert house.desk.taken == [
        ("Anna", "+12025550123", "Call me.", Urgency.URGENT),
        ("Bo", "extension 5", "Hi", Urgency.NORMAL),
    ]


async def test_a_message_needs_a_name_a_text_and_an_end(house: House) -> None:
    assert "Ask the caller" in await house.refused("take_message", name="", text="Hi")
    assert "Ask the caller" in await house.refused("take_message", name="Bo", text=" \n")
    assert "2000 characters" in await house.refused("take_message", name="Bo", text="x" * 2001)
    assert "must be one of: normal, urgent" in await house.refused("take_message", name="B", text="x", urgency="mad")
    house.caller = Caller()
    assert (await house.use("take_message", name="Bo", text="Hi"))["number"] == "none: ask for one"


async def test_a_transfer_goes_to_a_name_and_has_an_effect() -> None:
    box = ToolBox(["transfer_call"], ToolPorts(contacts=("Anna", "Front desk")))
    outcome = await box.run("transfer_call", '{"contact": "front-desk"}')
    assert (outcome.effect, outcome.data) == ("transfer", {"contact": "Front desk"})
    refused = await box.run("transfer_call", '{"contact": "+19005550123"}')
    assert (refused.effect, refused.failed, dict(refused.data)) == (None, True, {})


@pytest.mark.parametrize(
    ("asked", "found"), [("ANNA", "Anna"), ("schmidt", "Anna Schmidt"), ("the desk", None), ("desk", "Front desk")]
)
async def test_names_are_understood(house: House, asked: str, found: str | None) -> None:
    if found:
        assert (await house.use("transfer_call", contact=asked))["contact"] == found
    else:
        assert "can be passed on to: Anna, Anna Schmidt, Front desk" in await house.refused(
            "transfer_call", contact=asked
        )


async def test_two_of_a_name_are_asked_about(house: House) -> None:
    house.contacts = ("Anna Schmidt", "Anna Weber")
    assert "Several are called 'anna': Anna Schmidt, Anna Weber" in await house.refused("transfer_call", contact="anna")
    assert "Nobody here is called ''" in await house.refused("transfer_call", contact="")


async def test_a_call_back_is_promised_at_the_number_of_the_call(house: House) -> None:
    answer = await house.use("schedule_callback", due="2026-11-25T14:30", reason="The offer")
    assert answer == {"status": "scheduled", "callback_id": "cb_1", "due": "Wednesday 2026-11-25 14:30"}
    assert house.desk.promised == [(local("2026-11-25T14:30"), "The offer")]


async def test_what_cannot_be_promised_is_said(house: House) -> None:
    assert "from now (Tuesday 2026-11-24 10:05) to 60 days" in await house.refused(
        "schedule_callback", due="2026-11-24T10:00", reason="x"
    )
    assert "60 days" in await house.refused("schedule_callback", due="2027-11-24T10:00", reason="x")
    assert "what the call will be about" in await house.refused("schedule_callback", due="2026-11-25T10:00", reason="")
    house.caller = Caller()
    assert "no number" in await house.refused("schedule_callback", due="2026-11-25T10:00", reason="x")


async def test_the_model_cannot_choose_the_number_to_call_back() -> None:
    box = ToolBox(["schedule_callback"], _lent())
    outcome = await box.run("schedule_callback", '{"due": "2026-11-25T10:00", "reason": "x", "number": "+1900"}')
    assert json.loads(outcome.output_json) == {"error": "Unknown argument 'number'."}
    assert set(box.specs[0].parameters["properties"]) == {"due", "reason"}


def _lent() -> ToolPorts:
    house = House()
    return ToolPorts(callbacks=house.desk, caller=house.caller, clock=object())  # type: ignore[arg-type]  # not reached
