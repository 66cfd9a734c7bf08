import asyncio
import logging
from dataclasses import replace

import pytest

from biami_engine.calls.clock import SystemClock
from biami_engine.config import EngineConfig, LimitsConfig

from .conftest import PATIENCE_SECONDS, Serve, Server

TOKEN = {"Authorization": "Bearer s3cret-token"}
PANEL = {"Origin": "https://panel.example"}


async def test_the_token_opens_the_api_and_nothing_else_does(guarded: Server) -> None:
    assert (await guarded.ask("GET", "/api/calls", headers=TOKEN))[0] == 200
    async with guarded.session.get(f"{guarded.url}/api/calls") as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await response.json())["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("path", ["/live", "/ready", "/health", "/", "/static/app.js"])
async def test_health_and_page_are_open(guarded: Server, path: str) -> None:
    async with guarded.session.get(guarded.url + path) as response:
        assert response.status == 200


async def test_a_carrier_is_never_asked_for_the_token_nor_limited(serve: Serve, config: EngineConfig) -> None:
    settings = replace(config.server, api_token="s3cret-token")
    server = await serve(replace(config, server=settings, limits=LimitsConfig(requests_per_minute=1)))
    for path in ("/twilio/voice", "/api/outbound/status-callback"):
        for _ in range(5):
            async with server.session.post(server.url + path, data={"CallSid": "CA0"}) as response:
                assert response.status == 403, "no signature"


async def test_a_client_that_asks_too_often_is_told_when_to_come_back(serve: Serve, config: EngineConfig) -> None:
    server = await serve(replace(config, limits=LimitsConfig(requests_per_minute=2)))
    for _ in range(2):
        assert (await server.ask("GET", "/api/calls"))[0] == 200
    async with server.session.get(f"{server.url}/api/calls") as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 30
    async with server.session.get(f"{server.url}/live") as response:
        assert response.status == 200


async def test_a_named_origin_may_ask_and_read(guarded: Server) -> None:
    asks = {**PANEL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with guarded.session.options(f"{guarded.url}/api/outbound/initiate", headers=asks) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == PANEL["Origin"]
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    async with guarded.session.get(f"{guarded.url}/api/calls", headers={**PANEL, **TOKEN}) as response:
        assert (response.status, response.headers["Vary"]) == (200, "Origin")
        assert response.headers["Access-Control-Allow-Origin"] == PANEL["Origin"]
    async with guarded.session.get(f"{guarded.url}/api/calls", headers=PANEL) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == PANEL["Origin"], "the page may read why"


async def test_another_origin_may_not_read(guarded: Server) -> None:
    foreign = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with guarded.session.options(f"{guarded.url}/api/outbound/initiate", headers=foreign) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
    async with guarded.session.get(f"{guarded.url}/api/calls", headers=foreign | TOKEN) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/api/events", "/api/voice"])
async def test_a_foreign_page_opens_no_socket_on_loopback(server: Server, path: str) -> None:
    headers = {"Origin": "https://evil.example", "Upgrade": "websocket", "Connection": "Upgrade"}
    status, answer = await server.ask("GET", path, headers=headers)
    assert (status, answer["error"]["code"]) == (403, "forbidden")


async def test_the_wrong_method_names_the_right_ones(server: Server) -> None:
    async with server.session.delete(f"{server.url}/api/calls") as response:
        assert response.status == 405
        assert "GET" in response.headers["Allow"]
        assert (await response.json())["error"]["code"] == "method_not_allowed"


async def test_ten_megabytes_are_not_read(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/outbound/initiate HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 10000000\r\n\r\n".encode() + b" " * 200_000)
    answer = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    assert b"413" in answer
    writer.close()


async def test_a_reload_takes_effect_at_once(server: Server, config: EngineConfig) -> None:
    assert (await server.ask("GET", "/api/calls"))[0] == 200
    await server.engine.reload(replace(config, server=replace(config.server, api_token="new-token-1")))
    assert (await server.ask("GET", "/api/calls"))[0] == 401


SLOW = (
    b"POST /api/calls/x/say HTTP/1.1\r\n"
    b"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


async def test_a_body_that_dribbles_is_given_up(serve: Serve, config: EngineConfig) -> None:
    server = await serve(config, SystemClock(speed=50))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(SLOW)
    answer = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    assert answer.split()[1] == b"408"
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_leaves_in_the_middle_is_no_fault_of_ours(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(SLOW)
    await writer.drain()
    assert (await server.ask("GET", "/live"))[0] == 200
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "the client left" not in caplog.text:
            await asyncio.sleep(0.01)
    assert "failed" not in caplog.text
