"""`/api/voice`: a page becomes a caller of the browser line."""

from __future__ import annotations

from typing import cast

from aiohttp import WSMsgType, web

from ..engine import LocalEngine
from ..transports.browser import BrowserTransport
from ..transports.browser.socket import SocketClosed
from .errors import ApiError

HEARTBEAT_SECONDS = 10.0
CLOSE_SECONDS = 2.0
HARD_LIMIT_BYTES = 1024 * 1024
"""The transport refuses far smaller messages with a reason; beyond this the socket closes without one (1009)."""
ABNORMAL = 1006


def voice_routes(engine: LocalEngine) -> list[web.RouteDef]:
    async def converse(request: web.Request) -> web.StreamResponse:
        transport = _browser_line(engine, request.query.get("line"))
        socket = web.WebSocketResponse(
            compress=False, heartbeat=HEARTBEAT_SECONDS, max_msg_size=HARD_LIMIT_BYTES, timeout=CLOSE_SECONDS
        )
        await socket.prepare(request)
        await transport.serve(AiohttpSocket(socket, request), engine.config.contexts)
        return socket

    return [web.get("/api/voice", converse)]


def _browser_line(engine: LocalEngine, name: str | None) -> BrowserTransport:
    for line, transport in engine.transports.items():
        if isinstance(transport, BrowserTransport) and name in (None, line):
            return transport
    raise ApiError(404, "unknown_line", f"there is no browser line {name!r}" if name else "there is no browser line")


class AiohttpSocket:
    """aiohttp's server socket as the transport wants it."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request

    async def receive(self) -> str | bytes | SocketClosed:
        message = await self._socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            return cast(str | bytes, message.data)
        if message.type is WSMsgType.CLOSE:
            return SocketClosed(int(message.data))
        return SocketClosed(ABNORMAL)

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
