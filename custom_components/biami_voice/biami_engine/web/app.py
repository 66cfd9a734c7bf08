"""One application of all handlers: the API, the carrier's webhooks, sockets, health and the page."""

from __future__ import annotations

import math

from aiohttp import web

from ..engine import LocalEngine
from .api import api_routes
from .auth import Tickets, require_access
from .bodies import MAX_BODY_BYTES
from .cors import answer_cross_origin
from .errors import ApiError, Handler, answer_errors
from .events import EventSockets
from .health import health_routes
from .page import page_routes
from .throttle import Throttle, client_address
from .tickets import ticket_routes
from .twilio import twilio_routes
from .voice import voice_routes

API_PREFIX = "/api/"


def create_app(engine: LocalEngine) -> web.Application:
    """Everything a daemon serves. Settings are read at each request, so that a reload takes effect."""
    carrier = twilio_routes(engine)
    gate = _Gate(engine, frozenset(route.path for route in carrier))
    events = EventSockets(engine)
    app = web.Application(
        client_max_size=MAX_BODY_BYTES,
        middlewares=[gate.cross_origin, answer_errors, gate.throttle, gate.authorize],
    )
    app.add_routes(carrier)
    app.add_routes(api_routes(engine))
    app.add_routes(ticket_routes(engine, gate.tickets))
    app.add_routes(voice_routes(engine))
    app.add_routes(events.routes())
    app.add_routes(health_routes(engine))
    app.add_routes(page_routes())

    async def close_sockets(_: web.Application) -> None:
        await events.close()

    app.on_shutdown.append(close_sockets)
    return app


class _Gate:
    """What stands before the API. The carrier's webhooks have their own proof (signatures) and are never limited."""

    def __init__(self, engine: LocalEngine, carrier_paths: frozenset[str]) -> None:
        self._engine = engine
        self._carrier_paths = carrier_paths
        self._buckets = Throttle()
        self.tickets = Tickets()

    def _guards(self, request: web.Request) -> bool:
        return request.path.startswith(API_PREFIX) and request.path not in self._carrier_paths

    @web.middleware
    async def cross_origin(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._guards(request):
            return await handler(request)
        return await answer_cross_origin(request, handler, self._engine.config.server.cors_origins)

    @web.middleware
    async def throttle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._guards(request):
            proxies = self._engine.config.server.trusted_proxies
            client = client_address(request.remote, request.headers.get("X-Forwarded-For", ""), proxies)
            per_minute = self._engine.config.limits.requests_per_minute
            wait = self._buckets.seconds_to_wait(client, per_minute, self._engine.clock.monotonic())
            if wait > 0:
                message = f"more than {per_minute} requests in a minute"
                raise ApiError(429, "rate_limited", message, {"Retry-After": str(math.ceil(wait))})
        return await handler(request)

    @web.middleware
    async def authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._guards(request):
            require_access(request, self._engine.config.server, self.tickets, self._engine.clock.monotonic())
        return await handler(request)
