import asyncio
from dataclasses import replace
from typing import Any

import pytest

from biami_engine.config import EngineConfig, LimitsConfig

from .conftest import PATIENCE_SECONDS, Serve, Server


async def test_a_call_is_placed_followed_and_hung_up(server: Server) -> None:
    status, placed = await server.initiate(to="5555551234", context="sales")
    assert status == 200
    assert placed == {
        "success": True,
        "callSid": placed["callSid"],
        "callId": placed["callId"],
        "status": placed["status"],
        "to": "+15555551234",
        "from": "phone",
    }
    assert placed["status"] in ("queued", "ringing")
    for call in (placed["callSid"], placed["callId"]):
        status, followed = await server.ask("GET", f"/api/outbound/status/{call}")
        assert (status, followed["callId"], followed["direction"]) == (200, placed["callId"], "outbound")
    status, ended = await server.ask("POST", f"/api/outbound/hangup/{placed['callSid']}")
    assert (status, ended["success"]) == (200, True)
    await asyncio.wait_for(server.engine.wait_for_end(placed["callId"]), PATIENCE_SECONDS)
    status, followed = await server.ask("GET", f"/api/outbound/status/{placed['callSid']}")
    assert (status, followed["status"]) == (200, "canceled")
    status, _ = await server.ask("POST", f"/api/outbound/hangup/{placed['callSid']}")
    assert status == 200, "hanging up twice is no error"


async def test_the_seeds_curl_example_works_as_written(server: Server) -> None:
    command = ["-X", "POST", f"{server.url}/api/outbound/initiate", "-H", "Content-Type: application/json"]
    body = '{"to":"+15555551234","context":"sales"}'
    curl = await asyncio.create_subprocess_exec(
        "curl", "-s", *command, "-d", body, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(curl.communicate(), PATIENCE_SECONDS)
    assert b'"success": true' in out


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({"to": "abc"}, 400, "invalid_number", "abc"),
        ({"context": "nobody"}, 400, "unknown_context", "nobody"),
        ({"line": "nowhere"}, 400, "unknown_line", "nowhere"),
        ({"line": "web"}, 400, "line_cannot_dial", "web"),
        ({"colour": "red"}, 400, "bad_json", "colour"),
        ({"to": 15555551234}, 400, "bad_json", "$.to"),
        ({"to": ""}, 400, "bad_json", "$.to"),
        ({"ring_seconds": 0}, 400, "bad_json", "$.ring_seconds"),
        ({"send_digits": "12x"}, 400, "bad_json", "$.send_digits"),
        ({"variables": {"a": 1}}, 400, "bad_json", "$.variables"),
    ],
)
async def test_a_wrong_request_is_refused_by_name(
    server: Server, body: dict[str, Any], status: int, code: str, named: str
) -> None:
    answered, answer = await server.initiate(**body)
    assert (answered, answer["success"], answer["error"]["code"]) == (status, False, code)
    assert named in answer["error"]["message"]
    assert await server.engine.list_calls() == []


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (b"{", {"Content-Type": "application/json"}, 400, "bad_json"),
        (b"\xff\xfe", {"Content-Type": "application/json"}, 400, "bad_json"),
        (b"[]", {"Content-Type": "application/json"}, 400, "bad_json"),
        (b"", {"Content-Type": "application/json"}, 400, "bad_json"),
        (b'{"to":"+15555551234"}', {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"to":"+15555551234"}' + b" " * 65536, {"Content-Type": "application/json"}, 413, "too_large"),
    ],
)
async def test_a_wrong_body_is_refused(
    server: Server, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answered, answer = await server.ask("POST", "/api/outbound/initiate", data=data, headers=headers)
    assert (answered, answer["error"]["code"]) == (status, code)


async def test_a_repeated_key_dials_once(server: Server) -> None:
    first = await server.initiate(idempotency_key="order-17")
    second = await server.initiate(idempotency_key="order-17")
    assert first[1]["callId"] == second[1]["callId"]
    assert len(await server.engine.list_calls()) == 1


async def test_too_many_calls_are_told_to_wait(serve: Serve, config: EngineConfig) -> None:
    server = await serve(replace(config, limits=LimitsConfig(calls_per_minute=1)))
    await server.initiate()
    async with server.session.post(f"{server.url}/api/outbound/initiate", json={"to": "+15555551234"}) as response:
        assert (response.status, "Retry-After" in response.headers) == (429, True)
        assert (await response.json())["error"]["code"] == "rate_limited"


async def test_a_draining_engine_takes_no_call(server: Server) -> None:
    server.engine.accepting = False
    status, answer = await server.initiate()
    assert (status, answer["error"]["code"]) == (503, "draining")


async def test_calls_are_listed_newest_first(server: Server) -> None:
    placed = [(await server.initiate())[1]["callId"] for _ in range(3)]
    _, answer = await server.ask("GET", "/api/calls?limit=2&active=true")
    assert [call["id"] for call in answer["calls"]] == placed[:0:-1]
    _, answer = await server.ask("GET", "/api/calls?active=false")
    assert answer["calls"] == []
    _, answer = await server.ask("GET", f"/api/calls/{placed[0]}")
    assert (answer["call"]["id"], answer["call"]["to"], answer["call"]["ended_at"]) == (placed[0], "+15555551234", None)
    _, answer = await server.ask("GET", f"/api/calls/{placed[0]}/transcript")
    assert answer == {"success": True, "id": placed[0], "transcript": []}


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=501", "limit=²", "active=maybe"])
async def test_a_wrong_query_is_refused(server: Server, query: str) -> None:
    status, answer = await server.ask("GET", f"/api/calls?{query}")
    assert (status, answer["error"]["code"]) == (400, "bad_query")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/outbound/status/CA0"),
        ("POST", "/api/outbound/hangup/CA0"),
        ("GET", "/api/calls/CA0"),
        ("GET", "/api/calls/CA0/transcript"),
        ("GET", "/api/calls/CA0/recording"),
        ("GET", "/api/nothing"),
    ],
)
async def test_what_is_not_there_is_not_found(server: Server, method: str, path: str) -> None:
    status, answer = await server.ask(method, path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_running_call_can_be_steered(server: Server) -> None:
    _, placed = await server.initiate()
    call = f"/api/calls/{placed['callId']}"
    for path, body in (("say", {"text": "Hello"}), ("dtmf", {"digits": "12#"}), ("update", {"text": "It rains."})):
        assert await server.ask("POST", f"{call}/{path}", json=body) == (200, {"success": True}), path
        status, answer = await server.ask("POST", f"/api/calls/CA0/{path}", json=body)
        assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_the_page_learns_names_and_no_secrets(server: Server) -> None:
    assert await server.ask("GET", "/api/setup") == (
        200,
        {
            "success": True,
            "contexts": ["general", "sales"],
            "lines": [
                {"name": "web", "transport": "browser", "context": "general", "dials": False},
                {"name": "phone", "transport": "loopback", "context": "general", "dials": True},
            ],
            "test_mode": False,
        },
    )
