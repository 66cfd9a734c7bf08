"""`/api/voice/ticket`: what a page shows when it opens a WebSocket, because it cannot send its token there."""

from __future__ import annotations

from aiohttp import web

from ..engine import LocalEngine
from .auth import TICKET_SECONDS, Tickets


def ticket_routes(engine: LocalEngine, tickets: Tickets) -> list[web.RouteDef]:
    async def issue(request: web.Request) -> web.Response:
        ticket = tickets.issue(engine.clock.monotonic())
        return web.json_response({"success": True, "ticket": ticket, "expires_in": TICKET_SECONDS})

    return [web.post("/api/voice/ticket", issue)]
