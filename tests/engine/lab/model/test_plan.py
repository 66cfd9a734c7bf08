"""A scenario's model: replies with their cues, faults, and what is wrong in them."""

from __future__ import annotations

from typing import Any

import pytest
import voluptuous as vol

from biami_engine.lab.model import Ask, InResponse, Script
from biami_engine.lab.model.plan import plan


def said(script: Script, heard: str, instructions: str = "") -> str:
    return script.answer(Ask(instructions, (), (), heard)).text


def test_replies_wait_for_their_cue_and_are_used_once() -> None:
    replies: list[Any] = [{"when": "open", "say": "Nine."}, "Hello.", {"when": "wine", "say": "Red.", "repeat": True}]
    script = Script(plan({"replies": replies}).replies)
    assert said(script, "Good morning") == "Hello."
    assert said(script, "When are you OPEN?") == "Nine."
    assert said(script, "When are you open?") == "I see."
    assert [said(script, "wine"), said(script, "wine")] == ["Red.", "Red."]
    assert said(script, "", 'Say exactly: "Are you there?"') == "Are you there?"


def test_arguments_are_json_or_what_is_written() -> None:
    calls = [{"name": "a", "arguments": {"day": 1}}, {"name": "b", "arguments": "{broken"}, {"name": "c"}]
    (line,) = plan({"replies": [{"calls": calls}]}).replies
    assert [call.arguments for call in line.reply.calls] == ['{"day": 1}', "{broken", "{}"]


def test_faults_are_new_for_every_run() -> None:
    read = plan({"faults": {"fail": {"response": 2, "code": "server_error"}, "unknown_fields": ["session.x"]}})
    first, second = read.new_faults(), read.new_faults()
    assert first.fail == InResponse(2, code="server_error")
    assert first.unknown_fields == ("session.x",)
    first.begin()
    assert second.count == 0
    assert plan({"replies": [{"say": "Go.", "times": 3}]}).texts() == ["Go. Go. Go."]


@pytest.mark.parametrize("wrong", [{"replies": [{"shout": "x"}]}, {"faults": {"silent": {}}}, {"speed": -1}])
def test_what_is_unknown_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        plan(wrong)
