"""The lab's language model, seen through the `openai` SDK, whose types and errors are the judge."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from biami_engine.calls.clock import SystemClock
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.model import Call, InTurn, Reply

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "description": "Weather.", "parameters": {"type": "object", "properties": {}}},
}
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
async def llm() -> AsyncIterator[LabLlm]:
    server = LabLlm(SystemClock())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(llm: LabLlm) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=llm.base_url, api_key="sk-lab", max_retries=0, timeout=5) as client:
        yield client


async def test_models(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["lab-llm"]


async def test_a_whole_answer(client: AsyncOpenAI, llm: LabLlm) -> None:
    llm.mind = InTurn(Reply("Let me see.", (Call("weather", '{"place": "Rome"}'),)))
    answer = await client.chat.completions.create(model="lab-llm", messages=HELLO, tools=[WEATHER])
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me see."
    (call,) = choice.message.tool_calls
    assert json.loads(call.function.arguments) == {"place": "Rome"}
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_a_streamed_answer(client: AsyncOpenAI, llm: LabLlm) -> None:
    """The SDK's own accumulator puts it together."""
    calls = (Call("weather", '{"place": "Rome", "days": 3}'), Call("weather", "{}"))
    llm.mind = InTurn(Reply("Let me see.", calls))
    async with client.chat.completions.stream(
        model="lab-llm", messages=HELLO, tools=[WEATHER], stream_options={"include_usage": True}
    ) as stream:
        kinds = [event.type async for event in stream]
        answer = await stream.get_final_completion()
    assert kinds.count("content.delta") >= 3
    (choice,) = answer.choices
    assert choice.message.content == "Let me see."
    assert [call.function.arguments for call in choice.message.tool_calls] == [call.arguments for call in calls]
    assert len({call.id for call in choice.message.tool_calls}) == 2
    assert answer.usage.completion_tokens > 0


async def test_tool_results_must_follow_their_calls(client: AsyncOpenAI) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
    await client.chat.completions.create(model="m", messages=[*HELLO, asked, result])
    for wrong in ([*HELLO, asked], [*HELLO, asked, *HELLO], [*HELLO, result], [*HELLO, asked, result, result]):
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="m", messages=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"messages": [{"role": "nobody", "content": ""}]},
        {"messages": [{"role": "user"}]},
        {"stream_options": {"include_usage": True}},
        {"tools": [{"type": "function"}]},
        {"extra_body": {"max_token": 3}},
    ],
    ids=str,
)
async def test_what_openai_refuses_is_refused(client: AsyncOpenAI, wrong: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(**{"model": "m", "messages": HELLO, **wrong})


async def test_a_wrong_key(llm: LabLlm) -> None:
    async with AsyncOpenAI(base_url=llm.base_url, api_key="sk-wrong", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
            await stranger.chat.completions.create(model="m", messages=HELLO)


@pytest.mark.parametrize(("status", "error"), [(429, openai.RateLimitError), (500, openai.InternalServerError)])
async def test_refusals(client: AsyncOpenAI, llm: LabLlm, status: int, error: type[Exception]) -> None:
    llm.faults.refuse, llm.faults.status = 1, status
    with pytest.raises(error):
        await client.chat.completions.create(model="m", messages=HELLO)
    await client.chat.completions.create(model="m", messages=HELLO)


@pytest.mark.parametrize("fault", ["dies", "unreadable", "fails"])
async def test_streams_that_break(client: AsyncOpenAI, llm: LabLlm, fault: str) -> None:
    llm.mind = InTurn("One two three four five six.")
    setattr(llm.faults, fault, 1)
    got: list[str] = []

    async def read() -> None:
        async for chunk in await client.chat.completions.create(model="m", messages=HELLO, stream=True):
            got.extend(choice.delta.content or "" for choice in chunk.choices)

    with pytest.raises((openai.APIError, httpx2.TransportError, ValueError)):
        await read()
    assert "".join(got) == "One two"
    got.clear()
    await read()
    assert "".join(got) == "One two three four five six."
