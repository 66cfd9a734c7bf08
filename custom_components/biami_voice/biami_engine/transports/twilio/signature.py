"""Did Twilio send this? Its request signature, by the documented algorithm (Twilio: Security).

Written here because the SDK's validator raises on a missing header, breaks on IPv6 and userinfo, knows no default port
of wss and compares in variable time; it serves as the oracle in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit, urlunsplit

SIGNATURE_HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
_DEFAULT_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}

Parameters = Iterable[tuple[str, str]]


def compute_signature(secret: str, url: str, parameters: Parameters = (), algorithm: str = "sha1") -> str:
    """Values of a name are sorted and counted once, empty ones included; names sort case-sensitively."""
    signed = url + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.new(secret.encode(), signed.encode(), algorithm).digest()
    return base64.b64encode(digest).decode()


def candidate_urls(url: str) -> Iterator[str]:
    """The forms of a URL that Twilio may have signed: as configured, without port, with the default port named; a
    WebSocket's also with and without a trailing slash. Userinfo and fragment are never part."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare, port = _split_port(host)
    hosts = dict.fromkeys([host, bare])
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is not None and port in ("", str(default)):
        hosts[f"{bare}:{default}"] = None
    paths = dict.fromkeys([parts.path])
    if parts.scheme in ("ws", "wss"):
        stem = parts.path.rstrip("/")
        paths |= {stem: None, stem + "/": None}
    for netloc in hosts:
        for path in paths:
            yield urlunsplit((parts.scheme, netloc, path, parts.query, ""))


def _split_port(host: str) -> tuple[str, str]:
    """An IPv6 literal keeps the colons inside its brackets."""
    bracket = host.rfind("]")
    colon = host.rfind(":")
    return (host[:colon], host[colon + 1 :]) if colon > bracket else (host, "")


def signature_settings(header: str | None) -> tuple[str, str]:
    """(digest, shared key's id) of the settings header; without one, SHA-1 and the auth token (empty id).

    `key=webhooks_sharedkey_…,algorithm=HMAC_SHA256` says that a shared key signed."""
    settings = dict(part.strip().partition("=")[::2] for part in (header or "").split(","))
    digest = "sha256" if settings.get("algorithm", "").strip().upper() == "HMAC_SHA256" else "sha1"
    return digest, settings.get("key", "").strip()


def is_signed(
    auth_token: str,
    url: str,
    headers: Mapping[str, str],
    parameters: Parameters = (),
    body: bytes | None = None,
    shared_keys: Mapping[str, str] | None = None,
) -> bool:
    """Whether the headers carry a right signature of this URL. `url` is the configured public origin plus the raw path
    and query; `parameters` are a POST form's. A JSON `body` is checked by the `bodySHA256` in the query."""
    signature = headers.get(SIGNATURE_HEADER, "")
    digest, key_id = signature_settings(headers.get(SETTINGS_HEADER))
    secret = (shared_keys or {}).get(key_id, "") if key_id else auth_token
    if not signature or not secret:
        return False
    pairs = list(parameters)
    given = signature.encode("utf-8", "surrogateescape")
    matches = [
        hmac.compare_digest(compute_signature(secret, candidate, pairs, digest).encode(), given)
        for candidate in candidate_urls(url)
    ]
    return any(matches) and _body_matches(url, body)


def _body_matches(url: str, body: bytes | None) -> bool:
    expected = dict(parse_qsl(urlsplit(url).query)).get("bodySHA256")
    if expected is None or body is None:
        return True
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), expected.lower().encode())
