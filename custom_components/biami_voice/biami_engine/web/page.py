"""The daemon's own page and its files: static, without secrets, so open to everyone who reaches the server."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def page_routes() -> list[web.RouteDef]:
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}

    async def page(request: web.Request) -> web.StreamResponse:
        return _file(files["index.html"])

    async def static(request: web.Request) -> web.StreamResponse:
        path = files.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text=f"there is no file {request.match_info['name']!r}")
        return _file(path)

    return [web.get("/", page), web.get("/static/{name}", static)]


def _file(path: Path) -> web.FileResponse:
    # The system's own table of types differs between machines; a module with the wrong type is not run.
    return web.FileResponse(path, headers=_HEADERS | {"Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8"})
