"""Conversations with a cascade: real speech, the lab's language model, real sockets."""

from __future__ import annotations

import asyncio
import json

from biami_engine.core import events as ev
from biami_engine.interface import Role
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.llm.faults import ALWAYS
from biami_engine.lab.model import Call, InTurn, Reply

from ..conversation import Conversation, spoken_ms, words
from .conftest import Opening


def shown(llm: LabLlm, request: int = -1) -> list[tuple[str, str]]:
    """Roles and texts of a request."""
    return [(message["role"], message.get("content") or "") for message in llm.requests[request]["messages"]]


async def greeted(conversation: Conversation) -> Conversation:
    conversation.session.request_response()
    await conversation.response()
    return conversation


async def test_it_greets_hears_and_answers(talk: Opening, llm: LabLlm) -> None:
    conversation = await greeted(await talk(InTurn("Hello. How can I help?", "It is seven.", "Goodbye.")))
    assert words(conversation.seen) == ["Hello. How can I help?"]
    await conversation.say("What time is it?")
    events = await conversation.response()
    assert words(events, Role.CALLER) == ["What time is it?"]
    assert words(events) == ["It is seven."]
    assert spoken_ms(events) > 500
    roles = [role for role, _ in shown(llm)]
    assert roles == ["system", "user", "assistant", "user"]
    assert shown(llm)[-1] == ("user", "What time is it?")


async def test_guarded_it_waits_until_it_is_asked(talk: Opening) -> None:
    conversation = await greeted(await talk(InTurn("Hello.", "It is seven."), guarded=True))
    await conversation.say("What time is it?")
    await conversation.until(ev.SpeechStopped)
    conversation.session.request_response()  # before the words are known
    events = await conversation.response()
    assert words(events, Role.CALLER) == ["What time is it?"]
    assert words(events) == ["It is seven."]
    opened = next(event for event in conversation.seen if isinstance(event, ev.BackendOpened))
    assert not opened.answers_turns
    assert opened.knows_words
    assert not opened.remote


async def test_the_first_sentence_is_heard_while_the_model_still_writes(talk: Opening, llm: LabLlm) -> None:
    llm.faults.stalls, llm.faults.seconds, llm.faults.after_tokens = 1, 30.0, 5
    conversation = await talk(InTurn("One moment please. The rest comes never."))
    conversation.session.request_response()
    await conversation.until(ev.AgentAudio)
    conversation.session.cancel()
    done = await conversation.until(ev.ResponseDone)
    assert done.status == "cancelled"


async def test_a_cancel_stops_the_model(talk: Opening, llm: LabLlm) -> None:
    llm.token_seconds = 0.02
    conversation = await talk(InTurn(" ".join(["Blah."] * 500)))
    conversation.session.request_response()
    await conversation.until(ev.AgentAudio)
    conversation.session.cancel()
    await conversation.until(ev.ResponseDone)
    async with asyncio.timeout(5):
        while not llm.broken_off:
            await asyncio.sleep(0.01)


async def test_what_was_not_heard_was_not_said(talk: Opening, llm: LabLlm) -> None:
    conversation = await talk(InTurn("One two three four five. Six seven eight nine ten.", "I see."))
    conversation.session.request_response()
    events = await conversation.response()
    item = next(event.item_id for event in events if isinstance(event, ev.AgentAudio))
    conversation.session.truncate(item, int(spoken_ms(events) * 0.7))
    await conversation.say("Wait a minute.")
    await conversation.response()
    said = next(text for role, text in shown(llm) if role == "assistant")
    assert said.startswith("One two three four five. Six")
    assert not said.endswith("ten.")


async def test_tools_are_asked_for_and_answered(talk: Opening, llm: LabLlm) -> None:
    calls = (Call("weather", '{"place": "Rome"}'), Call("weather", '{"place": "Oslo"}'))
    conversation = await talk(InTurn(Reply("Let me look.", calls), "Sunny and rainy."))
    conversation.session.request_response()
    events = await conversation.response()
    asked = [event for event in events if isinstance(event, ev.ToolRequested)]
    assert [json.loads(event.arguments)["place"] for event in asked] == ["Rome", "Oslo"]
    assert len({event.call_id for event in asked}) == 2
    for event, weather in zip(asked, ("sunny", "rainy"), strict=True):
        conversation.session.send_tool_result(event.call_id, json.dumps({"weather": weather}))
    conversation.session.request_response()
    assert words(await conversation.response()) == ["Sunny and rainy."]
    assert [text for role, text in shown(llm) if role == "tool"] == ['{"weather": "sunny"}', '{"weather": "rainy"}']


async def test_careless_servers_are_understood(talk: Opening, llm: LabLlm) -> None:
    llm.faults.careless = llm.faults.no_stream_options = llm.faults.no_max_tokens = True
    calls = (Call("weather", '{"place": "Rome"}'), Call("weather", '{"place": "Oslo"}'))
    conversation = await talk(InTurn(Reply("", calls)))
    conversation.session.request_response()
    events = await conversation.response()
    asked = [event for event in events if isinstance(event, ev.ToolRequested)]
    assert [json.loads(event.arguments)["place"] for event in asked] == ["Rome", "Oslo"]


async def test_a_request_that_is_refused_is_told_in_the_servers_words(talk: Opening, llm: LabLlm) -> None:
    base = {"base_url": llm.base_url, "model": "m", "api_key": "sk-lab", "extra": {"mood": "good"}}
    conversation = await talk(llm=base)
    conversation.session.request_response()
    lost = await conversation.until(ev.BackendLost)
    assert "400: Unrecognized request argument supplied: mood" in lost.detail
    assert not lost.retriable


async def test_broken_arguments_are_passed_on_and_shown_to_no_server(talk: Opening, llm: LabLlm) -> None:
    conversation = await talk(InTurn(Reply("", (Call("weather", '{"place": "Ro'),)), "Sorry."))
    conversation.session.request_response()
    asked = await conversation.until(ev.ToolRequested)
    assert asked.arguments == '{"place": "Ro'
    await conversation.until(ev.ResponseDone)
    conversation.session.send_tool_result(asked.call_id, '{"error": "no JSON"}')
    conversation.session.request_response()
    assert words(await conversation.response()) == ["Sorry."]
    (call,) = next(m for m in llm.requests[-1]["messages"] if m["role"] == "assistant")["tool_calls"]
    assert call["function"]["arguments"] == "{}"


async def test_an_order_is_said_word_for_word_without_the_model(talk: Opening, llm: LabLlm) -> None:
    conversation = await talk()
    conversation.session.request_response('Say exactly: "Good evening. This is the house."')
    assert words(await conversation.response()) == ["Good evening. This is the house."]
    assert not llm.requests


async def test_facts_and_keys_reach_the_model_as_notes(talk: Opening, llm: LabLlm) -> None:
    conversation = await greeted(await talk(InTurn("Hello.", "Five.")))
    conversation.session.inject("[DTMF: 5]", Role.SYSTEM)
    conversation.session.request_response()
    assert words(await conversation.response()) == ["Five."]
    assert shown(llm)[-1] == ("user", "[DTMF: 5]")


async def test_a_lost_model_is_told_with_a_reason(talk: Opening, llm: LabLlm) -> None:
    expected = {"refuse": "500", "dies": "cannot be reached", "unreadable": "unreadable", "fails": "The lab fails"}
    for fault, reason in expected.items():
        setattr(llm.faults, fault, 1)
        conversation = await talk(InTurn("One two three four five six seven."))
        conversation.session.request_response()
        done = await conversation.until(ev.ResponseDone)
        assert done.status == "failed"
        lost = await conversation.until(ev.BackendLost)
        assert reason in lost.detail
        assert lost.retriable
        assert await conversation.rest() == []


async def test_a_silent_model_is_lost(talk: Opening, llm: LabLlm) -> None:
    llm.faults.slow, llm.faults.seconds = 1, 30.0
    base = {"base_url": llm.base_url, "model": "m", "api_key": "sk-lab", "first_token_seconds": 0.5}
    conversation = await talk(llm=base)
    conversation.session.request_response()
    assert "keeps silent" in (await conversation.until(ev.BackendLost)).detail


async def test_a_wrong_key_is_not_worth_another_try(talk: Opening, llm: LabLlm) -> None:
    conversation = await talk(llm={"base_url": llm.base_url, "model": "m", "api_key": "sk-wrong"})
    conversation.session.request_response()
    lost = await conversation.until(ev.BackendLost)
    assert "401: Incorrect API key provided." in lost.detail
    assert not lost.retriable


async def test_nobody_there_is_lost(talk: Opening) -> None:
    conversation = await talk(llm={"base_url": "http://127.0.0.1:9/v1", "model": "m"})
    conversation.session.request_response()
    assert "cannot be reached" in (await conversation.until(ev.BackendLost)).detail


async def test_speech_that_cannot_be_read_is_asked_for_again(talk: Opening, llm: LabLlm) -> None:
    nowhere = [{"type": "openai", "base_url": "http://127.0.0.1:9/v1"}]
    conversation = await greeted(await talk(InTurn("Hello."), stt=nowhere))
    for _ in range(2):
        await conversation.say("What time is it?")
        assert words(await conversation.response()) == ["Sorry, I did not catch that. Could you say it again?"]
    await conversation.say("What time is it?")
    assert "again and again" in (await conversation.until(ev.BackendLost)).detail


async def test_the_next_recogniser_and_the_next_voice_step_in(talk: Opening, llm: LabLlm) -> None:
    nowhere = {"type": "openai", "base_url": "http://127.0.0.1:9/v1"}
    house = {"type": "offline"}
    conversation = await greeted(
        await talk(InTurn("Hello.", "It is seven."), stt=[nowhere, house], tts=[nowhere, house])
    )
    await conversation.say("What time is it?")
    events = await conversation.response()
    assert words(events, Role.CALLER) == ["What time is it?"]
    assert spoken_ms(events) > 500


async def test_without_any_voice_it_is_lost(talk: Opening) -> None:
    conversation = await talk(tts=[{"type": "openai", "base_url": "http://127.0.0.1:9/v1"}])
    conversation.session.request_response()
    assert "text-to-speech server cannot be reached" in (await conversation.until(ev.BackendLost)).detail


async def test_speech_by_an_openai_compatible_server(talk: Opening, llm: LabLlm) -> None:
    there = {"type": "openai", "base_url": llm.base_url, "api_key": "sk-lab"}
    conversation = await greeted(await talk(InTurn("Hello.", "It is seven."), stt=[there], tts=[there]))
    await conversation.say("What time is it?")
    events = await conversation.response()
    assert words(events) == ["It is seven."]
    assert spoken_ms(events) > 500
    assert llm.speech.heard == ["What time is it?"]
    assert llm.speech.spoken == ["Hello.", "It is seven."]


async def test_every_stage_tells_what_it_used(talk: Opening) -> None:
    conversation = await greeted(await talk(InTurn("Hello.", "It is seven.")))
    await conversation.say("What time is it?")
    await conversation.response()
    used = {event.kind: event.amounts for event in conversation.seen if isinstance(event, ev.Usage)}
    assert 0.5 < used["transcription"]["seconds"] < 5
    assert used["response"]["completion_tokens"] == 3
    assert used["speech"] == {"characters": len("It is seven.")}


async def test_push_to_talk(talk: Opening) -> None:
    conversation = await greeted(await talk(InTurn("Hello.", "It is seven."), guarded=True))
    await conversation.say("What time is it?", trailing_silence_ms=0)
    conversation.session.commit()
    assert words(await conversation.response()) == ["It is seven."]


async def test_a_refusing_server_for_ever_never_hangs_a_session(talk: Opening, llm: LabLlm) -> None:
    llm.faults.refuse, llm.faults.status = ALWAYS, 429
    conversation = await talk()
    conversation.session.request_response()
    assert (await conversation.until(ev.BackendLost)).retriable
    conversation.session.request_response()
    assert await conversation.rest() == []
