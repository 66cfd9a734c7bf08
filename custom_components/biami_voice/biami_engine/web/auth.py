"""Who may use the API: a bearer token, a one-use ticket for a browser's WebSocket, or a person at this very machine.

Without a token only requests that come straight from this machine to a name of this machine are served. That shuts out
what reaches a loopback port by a detour: a tunnel or proxy, a page of another site (its Origin), and a name that an
attacker points at 127.0.0.1 (DNS rebinding, seen in Host).
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from ..config import ServerConfig
from .errors import ApiError

TICKET_SECONDS = 30.0
MAX_TICKETS = 256

_FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "CF-Connecting-IP")


class Tickets:
    """Browsers cannot send a header with a WebSocket: a ticket in its URL is good once and for seconds only."""

    def __init__(self) -> None:
        self._expires: dict[str, float] = {}

    def issue(self, now: float) -> str:
        self._expires = {ticket: at for ticket, at in self._expires.items() if at > now}
        if len(self._expires) >= MAX_TICKETS:
            del self._expires[next(iter(self._expires))]
        ticket = secrets.token_urlsafe(24)
        self._expires[ticket] = now + TICKET_SECONDS
        return ticket

    def redeem(self, ticket: str, now: float) -> bool:
        return self._expires.pop(ticket, 0.0) > now


def require_access(request: web.Request, server: ServerConfig, tickets: Tickets, now: float) -> None:
    """Raises `ApiError` unless this request may use the API."""
    if not server.api_token:
        _require_local(request, server)
        return
    if _bearer_matches(request.headers, server.api_token):
        return
    if _is_upgrade(request) and tickets.redeem(request.query.get("ticket", ""), now):
        return
    message = "send the API token: Authorization: Bearer <api_token>"
    raise ApiError(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})


def _bearer_matches(headers: Mapping[str, str], token: str) -> bool:
    scheme, _, sent = headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())


def _is_upgrade(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _require_local(request: web.Request, server: ServerConfig) -> None:
    if not (is_loopback(server.host) and is_loopback(request.remote or "")):
        raise ApiError(401, "unauthorized", "set server.api_token: only this machine is served without one")
    if any(header in request.headers for header in _FORWARDING_HEADERS):
        raise ApiError(401, "unauthorized", "set server.api_token: a proxy or tunnel is not served without one")
    if not is_loopback(_host_name(request.host)):
        raise ApiError(403, "forbidden", f"the host name {request.host!r} is not this machine's: use http://127.0.0.1")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_same_host(origin, request.host) and origin not in server.cors_origins:
        raise ApiError(403, "forbidden", f"pages of {origin} are not served: add it to server.cors_origins")


def _is_same_host(origin: str, host: str) -> bool:
    return urlsplit(origin).netloc.lower() == host.lower()


def _host_name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


def is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
