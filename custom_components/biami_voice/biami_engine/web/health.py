"""Is it alive, is it ready: for supervisors, load balancers and people."""

from __future__ import annotations

from aiohttp import web

from ..engine import LocalEngine


def health_routes(engine: LocalEngine) -> list[web.RouteDef]:
    async def live(request: web.Request) -> web.Response:
        """The process answers: nothing more is claimed."""
        return web.json_response({"live": True})

    async def ready(request: web.Request) -> web.Response:
        """New calls are taken and can be written down."""
        is_ready = engine.accepting and engine.store.available
        return web.json_response({"ready": is_ready}, status=200 if is_ready else 503)

    async def health(request: web.Request) -> web.Response:
        active = await engine.list_calls(active=True)
        body = {
            "live": True,
            "ready": engine.accepting and engine.store.available,
            "accepting": engine.accepting,
            "call_log": engine.store.available,
            "active_calls": len(active),
            "lines": list(engine.config.lines),
            "test_mode": engine.config.test_mode,
        }
        return web.json_response(body)

    return [web.get("/live", live), web.get("/ready", ready), web.get("/health", health)]
