"""The messages of a media stream, both ways: what Twilio sends, and its strict reading of what it gets."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class FrameError(Exception):
    """A message Twilio would warn about and ignore: 31950 not a JSON text, 31951 wrong fields (Twilio errors 319xx)."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class MediaIn:
    payload: bytes


@dataclass(frozen=True, slots=True)
class MarkIn:
    name: str


@dataclass(frozen=True, slots=True)
class ClearIn:
    pass


_KEYS = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}


def read_message(message: str | bytes, stream_sid: str) -> MediaIn | MarkIn | ClearIn:
    """One message of the server; raises FrameError where it is not exactly as documented."""
    if isinstance(message, bytes):
        raise FrameError(31950, "binary message")
    try:
        body = json.loads(message)
    except ValueError:
        raise FrameError(31950, "not JSON") from None
    if not isinstance(body, dict):
        raise FrameError(31950, "not a JSON object")
    event = body.get("event")
    if event not in _KEYS:
        raise FrameError(31951, f"unknown event {event!r}")
    if body.keys() != _KEYS[event]:
        raise FrameError(31951, f"{event} with keys {sorted(body)}")
    if body["streamSid"] != stream_sid:
        raise FrameError(31951, f"{event} for another streamSid")
    if event == "media":
        return MediaIn(_payload(body["media"]))
    if event == "mark":
        return MarkIn(_only_text(body["mark"], "name"))
    return ClearIn()


def _only_text(part: Any, key: str) -> str:
    if not isinstance(part, dict) or part.keys() != {key} or not isinstance(part[key], str):
        raise FrameError(31951, f"expected only the text {key!r}")
    return str(part[key])


def _payload(part: Any) -> bytes:
    text = _only_text(part, "payload")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FrameError(31951, "payload is not base64") from None


CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'


class FrameWriter:
    """Numbers the messages of one stream; all numbers are texts (Twilio: `sequenceNumber`, `chunk`, `timestamp`)."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0
        self._chunk = 0

    def start(self, parameters: Mapping[str, str]) -> str:
        start = {
            "accountSid": self._account_sid,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._message("start", start)

    def media(self, frame: bytes, timestamp_ms: int, stream_sid: str | None = None) -> str:
        self._sequence += 1
        self._chunk += 1
        payload = binascii.b2a_base64(frame, newline=False).decode("ascii")
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound","chunk":"{self._chunk}",'
            f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},"streamSid":"{stream_sid or self._stream_sid}"}}'
        )

    def dtmf(self, digit: str) -> str:
        return self._message("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._message("mark", {"name": name})

    def stop(self) -> str:
        return self._message("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _message(self, event: str, body: Mapping[str, Any]) -> str:
        self._sequence += 1
        message = {
            "event": event,
            "sequenceNumber": str(self._sequence),
            event: body,
            "streamSid": self._stream_sid,
        }
        return json.dumps(message, separators=(",", ":"))
