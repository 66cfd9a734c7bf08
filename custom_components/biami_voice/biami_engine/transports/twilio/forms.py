"""The form of `POST Calls`: our own fields, because `calls.create` of the SDK lacks some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..port import DialRequest

STATUS_PATH = "/api/outbound/status-callback"
DIALLED_PATH = "/twilio/dialled"
DETECTION_PATH = "/twilio/amd"
VOICE_PATH = "/twilio/voice"
MEDIA_PATH = "/twilio/media"
LEG_PARAMETER = "leg"
"""In the callbacks' query: whose call this is, even if the answer to `POST Calls` never came."""


def create_form(request: DialRequest, twiml: str, public_url: str) -> Mapping[str, str | Sequence[str]]:
    """`TimeLimit` is always set: the guard of last resort on the cost of a call."""
    query = f"?{LEG_PARAMETER}={quote(request.leg_id)}"
    form: dict[str, str | Sequence[str]] = {
        "To": request.to,
        "From": request.from_,
        "Twiml": twiml,
        "Timeout": str(request.ring_seconds),
        "TimeLimit": str(request.time_limit_seconds),
        "StatusCallback": f"{public_url}{STATUS_PATH}{query}",
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    if request.send_digits:
        form["SendDigits"] = request.send_digits
    if request.detect_machine:
        form |= {
            "MachineDetection": "DetectMessageEnd",
            "AsyncAmd": "true",
            "AsyncAmdStatusCallback": f"{public_url}{DETECTION_PATH}{query}",
            "AsyncAmdStatusCallbackMethod": "POST",
        }
    return form


def stream_url(public_url: str, owner: str) -> str:
    """The path names the owner, so that a router before several processes finds the leg's; no query: 31920."""
    secure = public_url.startswith("https:")
    rest = public_url.partition("://")[2]
    return f"{'wss' if secure else 'ws'}://{rest}{MEDIA_PATH}/{quote(owner)}"
