"""Twilio's media stream as text frames, both ways; no sockets (Twilio: WebSocket messages of Media Streams).

Every frame takes the same path, a typed msgspec decode: measured as fast as scanning for `payload` (0.36 µs) and,
unlike a scan, never wrong about what is JSON. The payload stays base64 text; it is only checked to be decodable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SID = re.compile(r"[A-Za-z0-9]{1,64}")
DTMF_DIGITS = frozenset("0123456789*#ABCD")


class _Media(msgspec.Struct):
    payload: str
    track: str = "inbound"


class _Start(msgspec.Struct, rename="camel"):
    account_sid: str
    call_sid: str
    stream_sid: str = ""
    custom_parameters: dict[str, str] = {}


class _Mark(msgspec.Struct):
    name: str


class _Dtmf(msgspec.Struct):
    digit: str


class _Frame(msgspec.Struct):
    event: str
    streamSid: str = ""
    media: _Media | None = None
    start: _Start | None = None
    mark: _Mark | None = None
    dtmf: _Dtmf | None = None


_decode = msgspec.json.Decoder(_Frame).decode


@dataclass(frozen=True, slots=True)
class Connected:
    """The first frame of every stream; it names nothing."""


@dataclass(frozen=True, slots=True)
class Started:
    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """Caller audio: µ-law 8 kHz as base64 text."""

    stream_sid: str
    payload: str


@dataclass(frozen=True, slots=True)
class MarkEchoed:
    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    stream_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class Stopped:
    stream_sid: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A kind of frame we do not know, or our own track: not an error (unknown keys and events may appear any day)."""

    event: str


@dataclass(frozen=True, slots=True)
class Malformed:
    reason: str


Frame = Connected | Started | Media | MarkEchoed | DigitPressed | Stopped | Ignored | Malformed


def parse_frame(text: str) -> Frame:
    """What one text frame says; never raises."""
    try:
        frame = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Malformed(str(error))
    media = frame.media
    if frame.event == "media" and media is not None:
        return _caller_audio(frame.streamSid, media)
    return _control(frame)


def _caller_audio(stream_sid: str, media: _Media) -> Frame:
    if media.track != "inbound":
        return Ignored("media")
    payload = media.payload
    if len(payload) % 4 or _BASE64.fullmatch(payload) is None:
        return Malformed("media.payload is not base64")
    return Media(stream_sid, payload)


def _control(frame: _Frame) -> Frame:
    match frame.event:
        case "connected":
            return Connected()
        case "start":
            return _started(frame)
        case "mark" if frame.mark is not None:
            return MarkEchoed(frame.streamSid, frame.mark.name)
        case "dtmf" if frame.dtmf is not None:
            digit = frame.dtmf.digit.upper()
            return DigitPressed(frame.streamSid, digit) if digit in DTMF_DIGITS else Malformed("dtmf.digit is no key")
        case "stop":
            return Stopped(frame.streamSid)
        case "media" | "mark" | "dtmf":
            return Malformed(f"a {frame.event} frame without its {frame.event} object")
    return Ignored(frame.event)


def _started(frame: _Frame) -> Frame:
    start = frame.start
    if start is None:
        return Malformed("a start frame without its start object")
    stream_sid = frame.streamSid or start.stream_sid
    if _SID.fullmatch(stream_sid) is None:
        return Malformed("start.streamSid is no sid")
    return Started(stream_sid, start.call_sid, start.account_sid, start.custom_parameters)


# --- towards Twilio: exactly these keys, else 31951 and the frame is ignored ------------------------------------------


def media_frame(stream_sid: str, payload: str) -> str:
    """`payload` is base64, so it needs no escaping."""
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{payload}"}}}}'


def mark_frame(stream_sid: str, name: str) -> str:
    quoted = msgspec.json.encode(name).decode()
    return f'{{"event":"mark","streamSid":"{stream_sid}","mark":{{"name":{quoted}}}}}'


def clear_frame(stream_sid: str) -> str:
    return f'{{"event":"clear","streamSid":"{stream_sid}"}}'


@dataclass(frozen=True, slots=True)
class MarkName:
    """`{epoch}:{item}:{cumulative_ms}`. Item ids may hold colons: the first and the last one separate.

    The epoch tells a mark that was played from one that `clear` sent back (Twilio: `mark` and `clear`).
    """

    epoch: int
    item_id: str
    cumulative_ms: float

    def __str__(self) -> str:
        return f"{self.epoch}:{self.item_id}:{self.cumulative_ms:.10g}"

    @classmethod
    def parse(cls, name: str) -> MarkName | None:
        """None for a name that is not ours."""
        epoch, _, rest = name.partition(":")
        item_id, colon, milliseconds = rest.rpartition(":")
        try:
            return cls(int(epoch), item_id, float(milliseconds)) if colon else None
        except ValueError:
            return None
