"""Our own frames on a real WebSocket, between those that aiohttp writes."""

from __future__ import annotations

import asyncio
import socket as sockets

import aiohttp
import pytest
from aiohttp import web

from biami_engine.calls.clock import SystemClock
from biami_engine.transports.twilio.socket import MediaSocket


class Server:
    def __init__(self) -> None:
        self.opened: asyncio.Future[MediaSocket] = asyncio.get_running_loop().create_future()
        self.response = web.WebSocketResponse(compress=False)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await self.response.prepare(request)
        self.opened.set_result(MediaSocket(request.transport, SystemClock(speed=20), lambda: None))
        async for _ in self.response:
            continue
        return self.response


@pytest.fixture
async def server():
    server = Server()
    app = web.Application()
    app.router.add_get("/", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1_000_000])
async def test_frames_of_every_length_between_pings(server, size):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{server.port}/", max_msg_size=0, autoping=False) as client,
    ):
        socket = await server.opened
        await server.response.ping(b"before")
        socket.send(["x" * size, "ü"])
        await server.response.ping(b"after")
        kinds = [await client.receive() for _ in range(4)]
    assert [kind.type for kind in kinds] == [
        aiohttp.WSMsgType.PING,
        aiohttp.WSMsgType.TEXT,
        aiohttp.WSMsgType.TEXT,
        aiohttp.WSMsgType.PING,
    ]
    assert (kinds[1].data, kinds[2].data) == ("x" * size, "ü")


async def test_a_peer_that_reads_no_more_is_noticed_and_one_that_reads_is_not(server):
    clock = SystemClock(speed=20)
    client = sockets.socket()
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", server.port))
    handshake = (
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    )
    await loop.sock_sendall(client, (handshake + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
    socket = await server.opened
    socket.send(["small"])
    assert not socket.stalled()
    socket.send(["x" * 8_000_000])
    async with asyncio.timeout(20):
        while not socket.stalled():
            await clock.sleep_until(clock.monotonic() + 0.2)
    client.close()


async def test_sending_after_the_end_is_nothing(server):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{server.port}/") as client,
    ):
        socket = await server.opened
        socket.abort()
        socket.send(["late"])
        assert (await client.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
