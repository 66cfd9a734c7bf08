"""The way in from outside: the public address, WebSockets through it, and the right time."""

from __future__ import annotations

import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from biami_engine.config_schema.values import is_loopback

from .finding import Finding, Verdict

TIMEOUT_SECONDS = 8.0
CLOCK_SKEW_SECONDS = 30.0


def public_url(url: str, running: bool) -> Iterator[Finding]:
    """Whether this address leads to the daemon, and whether WebSockets get through."""
    if not running:
        yield Finding("public_url", Verdict.WARN, f"{url} was not tried", "start the daemon and run doctor again")
        return
    try:
        status, body = _fetch(f"{url}/health")
    except OSError as error:
        yield Finding("public_url", Verdict.FAIL, f"{url} cannot be reached: {_reason(error)}", _advice(error))
        return
    if status != 200 or b'"active_calls"' not in body:
        advice = "let the tunnel or proxy forward every path to the daemon"
        yield Finding("public_url", Verdict.FAIL, f"{url} answers HTTP {status}, and not as this daemon does", advice)
        return
    yield Finding("public_url", Verdict.OK, f"{url} leads to the daemon")
    yield _upgrade(url)


def _upgrade(url: str) -> Finding:
    """An unsigned WebSocket must be refused by the daemon (403), not by something before it."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    try:
        connection.request("GET", f"{parts.path}/twilio/media", headers=headers)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return Finding("media stream", Verdict.FAIL, f"the WebSocket cannot be opened: {error}", "see public_url")
    finally:
        connection.close()
    if status in (101, 401, 403):
        return Finding("media stream", Verdict.OK, "WebSockets get through to the daemon")
    advice = "let the tunnel or proxy pass WebSocket upgrades (Connection and Upgrade headers)"
    return Finding("media stream", Verdict.FAIL, f"a WebSocket is answered with HTTP {status}", advice)


def clock(url: str) -> Iterator[Finding]:
    """Signed tokens and call logs need a right clock; a web server's Date header is good to a second."""
    if is_loopback(urlsplit(url).hostname or ""):
        return
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            date = response.headers["Date"]
    except urllib.error.HTTPError as error:
        date = error.headers["Date"]
    except OSError:
        return
    skew = abs(time.time() - parsedate_to_datetime(date).timestamp()) if date else 0.0
    if skew > CLOCK_SKEW_SECONDS:
        message = f"this machine's clock is {skew:.0f} s off"
        yield Finding("clock", Verdict.FAIL, message, "let it follow a time server")
    else:
        yield Finding("clock", Verdict.OK, "right")


def _fetch(url: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"User-Agent": "biami-voice doctor"})
    here = is_loopback(urlsplit(url).hostname or "")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if here else None))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return response.status, response.read(100_000)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(100_000)


def _reason(error: OSError) -> Any:
    return getattr(error, "reason", None) or error


def _advice(error: OSError) -> str:
    reason = _reason(error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "Twilio needs a valid certificate: renew it, or let the tunnel bring its own"
    if isinstance(reason, socket.gaierror):
        return "correct server.public_url, or wait until the name is known"
    return "start the tunnel or proxy, and open its port"
