"""Web tools against a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from biami_engine.config import HttpToolConfig
from biami_engine.errors import ConfigError
from biami_engine.tools.http_tool import MAX_RESPONSE_BYTES, HttpClient, HttpTool, check_http_tool, steps_of
from biami_engine.tools.ports import ToolPorts
from biami_engine.tools.runner import ToolBox

PARAMETERS = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["order"],
}


@dataclass
class Service:
    url: str = ""
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    client: HttpClient = field(default_factory=HttpClient)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.asked.append((request.method, request.raw_path, dict(request.headers), body))
        match request.match_info["kind"]:
            case "huge":
                return web.Response(body=b"x" * (MAX_RESPONSE_BYTES + 1))
            case "never":
                await asyncio.Event().wait()
            case "fault":
                return web.Response(status=422, text="no such order " + "x" * 1000)
            case "moved":
                return web.Response(status=302, headers={"Location": "/json/elsewhere"})
            case "text":
                return web.Response(body=b"caf\xe9\n", headers={"Content-Type": "text/plain; charset=latin-1"})
            case "odd":
                return web.Response(body=b"ok", headers={"Content-Type": "text/plain; charset=klingon"})
        return web.json_response({"items": [{"name": "Lamp", "left": None}], "count": 1})

    async def use(self, arguments: dict[str, Any] | None = None, **config: Any) -> Any:
        house = {"call_id": "call_1", "caller_number": "+12025550123", "caller_name": "anna"}
        given = {"url": f"{self.url}/json/{{order}}", "parameters": PARAMETERS, **config}
        tool = HttpTool(HttpToolConfig("orders", "Look up an order.", **given), self.client, house)
        check_http_tool(tool.config)
        box = ToolBox(["orders"], ToolPorts(), {"orders": tool})
        return json.loads((await box.run("orders", json.dumps(arguments or {"order": "7"}))).output_json)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_route("*", "/{kind}{rest:.*}", service.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await service.client.close()
    await runner.cleanup()


async def test_a_question_and_its_answer(service: Service) -> None:
    assert await service.use({"order": "a b/7"}) == {"items": [{"name": "Lamp", "left": None}], "count": 1}
    method, path, _, body = service.asked[0]
    assert (method, path, body) == ("GET", "/json/a%20b%2F7", "")


async def test_headers_and_body_are_filled_also_by_the_house(service: Service) -> None:
    await service.use(
        {"order": 'x", "admin": "true', "count": 3},
        method="POST",
        headers={"Authorization": "Bearer s3cret", "X-Caller": "{caller_number}"},
        body={"order": "{order}", "count": "{count}", "call": "{call_id} of {caller_name}"},
    )
    method, _, headers, body = service.asked[0]
    assert (method, headers["Authorization"], headers["X-Caller"]) == ("POST", "Bearer s3cret", "+12025550123")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"order": 'x", "admin": "true', "count": 3, "call": "call_1 of anna"}


@pytest.mark.parametrize(
    ("result", "answer"),
    [("items[0].name", "Lamp"), ("$.count", 1), ("items[0].left", None), ("items[0]", {"name": "Lamp", "left": None})],
)
async def test_a_part_of_the_answer(service: Service, result: str, answer: Any) -> None:
    assert await service.use(result=result) == answer


async def test_text_is_an_answer_too(service: Service) -> None:
    assert await service.use(url=f"{service.url}/text") == {"answer": "café"}
    assert await service.use(url=f"{service.url}/odd") == {"answer": "ok"}


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("huge", {}, "too long"),
        ("fault", {}, "The service answered 422: no such order"),
        ("moved", {}, "The service answered 302"),
        ("text", {"result": "items"}, "did not answer with JSON"),
        ("json", {"result": "items[5].name"}, "has no items[5].name"),
        ("never", {"timeout_seconds": 0.05}, "took too long"),
    ],
)
async def test_what_goes_wrong_is_data(service: Service, kind: str, more: dict[str, Any], words: str) -> None:
    answer = await service.use(url=f"{service.url}/{kind}", **more)
    assert words in answer["error"]
    assert len(answer["error"]) < 400


async def test_nobody_there(service: Service) -> None:
    assert "cannot be reached" in (await service.use(url="http://127.0.0.1:1/"))["error"]


async def test_arguments_are_checked_before_anything_is_sent(service: Service) -> None:
    assert "'order' must be text" in (await service.use({"order": 7}))["error"]
    assert "Unknown argument 'url'" in (await service.use({"order": "7", "url": "http://evil"}))["error"]
    assert "Unknown argument 'caller_number'" in (await service.use({"order": "7", "caller_number": "+1"}))["error"]
    assert "must not be a path" in (await service.use({"order": ".."}))["error"]
    assert service.asked == []


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"url": "https://{order}.example.org/"}, "url", "can only stand after it"),
        ({"url": "file:///etc/passwd"}, "url", "must begin with https://"),
        ({"url": "https://example.org/{oder}"}, "url", "no parameter oder"),
        ({"headers": {"X": "{nobody}"}}, "headers", "no parameter nobody"),
        ({"body": [{"a": "{b}"}]}, "body", "no parameter b"),
        ({"body": '{"a": 1}'}, "body", "must be a section or a list"),
        ({"result": "items[name"}, "result", "is not a path"),
        ({"parameters": {"type": "object", "properties": {"call_id": {"type": "string"}}}}, "parameters", "call_id"),
        ({"parameters": {"type": "object", "oneOf": []}}, "parameters", "'oneOf' is not understood"),
    ],
)
def test_what_does_not_fit_together_is_a_fault_of_the_configuration(
    changes: dict[str, Any], path: str, words: str
) -> None:
    given = {"url": "https://example.org/", "parameters": PARAMETERS, **changes}
    with pytest.raises(ConfigError, match=words) as caught:
        check_http_tool(HttpToolConfig("orders", "Look up.", **given))
    assert caught.value.path == f"tools.http.orders.{path}"


def test_a_path_is_read_in_steps() -> None:
    assert steps_of("$.items[0].first-name[12]") == ["items", 0, "first-name", 12]
    for wrong in ("", "$", "a..b", "a[", "a]b", "[x]"):
        with pytest.raises(ValueError, match="is not a path"):
            steps_of(wrong)


def test_secrets_are_not_shown() -> None:
    config = HttpToolConfig(
        "a", "b", "https://example.org/", headers={"Authorization": "Bearer s3cret"}, body=["s3cret"]
    )
    assert "s3cret" not in repr(config)
