"""One-time stream tokens: what lets a media stream speak for a leg.

A token travels in the TwiML's `<Parameter>` and comes back in `start.customParameters`. It is signed over call, leg,
owner and expiry, so a process knows its own after a restart and another's at any time; used once, because a leg waits
for exactly one nonce and forgets it at the first use. `TwilioLeg` binds it to the CallSid as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

PARAMETER_NAME = "token"
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class StreamToken:
    """`expires_at` is seconds of the epoch; ids must not hold `|`."""

    call_id: str
    leg_id: str
    owner: str
    expires_at: int
    nonce: str

    def expired(self, now: datetime) -> bool:
        return now.timestamp() >= self.expires_at


def mint_token(key: bytes, call_id: str, leg_id: str, owner: str, expires_at: datetime) -> tuple[str, StreamToken]:
    """The text for the wire and what it says."""
    token = StreamToken(call_id, leg_id, owner, int(expires_at.timestamp()), secrets.token_hex(8))
    fields = (token.call_id, token.leg_id, token.owner, str(token.expires_at), token.nonce)
    if any(_SEPARATOR in field for field in fields):
        raise ValueError("an id in a stream token must not hold '|'")
    body = _SEPARATOR.join(fields).encode()
    return f"{_encode(body)}.{_encode(_sign(key, body))}", token


def read_token(key: bytes, text: str) -> StreamToken | None:
    """What a token of ours says; None where the signature is not ours. Expiry and use are the caller's to check."""
    body_text, _, signature_text = text.partition(".")
    body, signature = _decode(body_text), _decode(signature_text)
    if body is None or signature is None or not hmac.compare_digest(_sign(key, body), signature):
        return None
    call_id, leg_id, owner, expires_at, nonce = body.decode().split(_SEPARATOR)
    return StreamToken(call_id, leg_id, owner, int(expires_at), nonce)


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"stream-token\0" + body, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
