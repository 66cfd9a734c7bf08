"""`/api/voice`: a page becomes a caller of the browser line."""

from __future__ import annotations

from aiohttp import web

from ..engine import LocalEngine
from ..transports.browser import BrowserTransport
from .errors import ApiError
from .sockets import AiohttpSocket

HEARTBEAT_SECONDS = 10.0
CLOSE_SECONDS = 2.0
HARD_LIMIT_BYTES = 1024 * 1024
"""The transport refuses far smaller messages with a reason; beyond this the socket closes without one (1009)."""


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
