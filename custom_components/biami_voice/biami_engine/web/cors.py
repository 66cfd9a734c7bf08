"""Cross-origin requests of pages that `server.cors_origins` names (Fetch standard, CORS protocol)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from .errors import Handler

ALLOWED_METHODS = "GET, POST, OPTIONS"
ALLOWED_HEADERS = "Authorization, Content-Type"
PREFLIGHT_SECONDS = "600"


def allowed_origin(request: web.Request, origins: Sequence[str]) -> str | None:
    origin = request.headers.get("Origin")
    return origin if origin is not None and (origin in origins or "*" in origins) else None


async def answer_cross_origin(request: web.Request, handler: Handler, origins: Sequence[str]) -> web.StreamResponse:
    """Answer a preflight, or let the handler answer and say who may read it."""
    origin = allowed_origin(request, origins)
    if origin is None:
        return await handler(request)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response: web.StreamResponse = web.Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    else:
        response = await handler(request)
    if not response.prepared:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.add("Vary", "Origin")
    return response
