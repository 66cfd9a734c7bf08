"""The model is lost and another backend of the house goes on with the conversation."""

from __future__ import annotations

import pytest

from biami_engine.core import events as ev
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.llm.faults import ALWAYS
from biami_engine.lab.model import InTurn

from ..conversation import spoken_ms
from .conftest import Opening


@pytest.mark.parametrize("kind", ["offline", "scripted"])
async def test_the_call_goes_on_in_the_same_session(talk: Opening, llm: LabLlm, kind: str) -> None:
    conversation = await talk(InTurn("Hello."), fallback=kind)
    conversation.session.request_response()
    await conversation.response()
    llm.faults.refuse = ALWAYS
    await conversation.say("What time is it?")
    assert (await conversation.until(ev.ResponseDone)).status == "failed"
    answered = await conversation.response()
    assert spoken_ms(answered) > 0
    assert not any(isinstance(event, ev.BackendLost) for event in conversation.seen)
    items = [event.item_id for event in conversation.seen if isinstance(event, ev.AgentAudio)]
    assert len({item.rpartition(":")[0] for item in items}) == 2
    await conversation.session.close()
    await conversation.rest()


async def test_a_fallback_that_cannot_be_had_changes_nothing(talk: Opening, llm: LabLlm) -> None:
    llm.faults.refuse = ALWAYS
    conversation = await talk(fallback="nothing")
    conversation.session.request_response()
    assert "500" in (await conversation.until(ev.BackendLost)).detail
    assert await conversation.rest() == []
