"""The running daemon's HTTP API, for the command line. The standard library's client: it starts in milliseconds."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from biami_engine.config import ServerConfig
from biami_engine.errors import BiamiError

TIMEOUT_SECONDS = 30.0
"""The daemon answers a dial once the carrier took it."""


class DaemonUnreachable(BiamiError):
    """No daemon answers where the configuration says it listens."""


class DaemonRefused(BiamiError):
    """The daemon answered with an error; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class DaemonApi:
    def __init__(self, server: ServerConfig) -> None:
        self.url = local_url(server)
        self._headers = {"Authorization": f"Bearer {server.api_token}"} if server.api_token else {}

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, json.dumps(body).encode())

    def call(self, call_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/calls/{quote(call_id, safe='')}")["call"]
        return found

    def _ask(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        # A proxy of the environment has no business between two programs of one machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return _decoded(response.read(), self.url)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.read(), error.code, self.url) from None
        except http.client.HTTPException:
            raise _stranger(self.url) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            message = f"no daemon answers at {self.url} ({reason}): start it with `biami-voice run`"
            raise DaemonUnreachable(message) from None


def local_url(server: ServerConfig) -> str:
    """Where a program on the daemon's own machine reaches it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _decoded(text: bytes, url: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _stranger(url)
    return body


def _stranger(url: str) -> DaemonUnreachable:
    return DaemonUnreachable(f"what answers at {url} is not Biami Voice: is server.port used by another program?")


def _refusal(text: bytes, status: int, url: str) -> BiamiError:
    try:
        error = _decoded(text, url)["error"]
        return DaemonRefused(str(error["message"]), status)
    except (DaemonUnreachable, KeyError, TypeError):
        return DaemonRefused(f"{url} answered HTTP {status}", status)
