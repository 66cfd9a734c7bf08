"""The JSON messages of `/api/voice`, both ways. Sound travels beside them as binary frames of PCM16 24 kHz mono."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Epoch = Annotated[int, msgspec.Meta(ge=0)]
Key = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D"]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    pass


# --- from the browser ------------------------------------------------------------------------------------------------


class Start(_Message, frozen=True, tag="start"):
    context: str | None = None
    """None: the line's own."""


class PlayedReport(_Message, frozen=True, tag="played"):
    """The worklet has played `ms` of this item since its first sample."""

    item_id: str
    ms: NotNegative
    epoch: Epoch


class ClearedReport(_Message, frozen=True, tag="cleared"):
    """The queue of this epoch and of those before is empty; their `played` positions are final."""

    epoch: Epoch


class KeyPressed(_Message, frozen=True, tag="dtmf"):
    digit: Key


class TurnCommitted(_Message, frozen=True, tag="commit"):
    """Push-to-talk was released."""


class HungUp(_Message, frozen=True, tag="hang_up"):
    pass


ClientMessage = Start | PlayedReport | ClearedReport | KeyPressed | TurnCommitted | HungUp

_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


def decode(text: str) -> ClientMessage:
    """Raises `msgspec.DecodeError`, whose text names what is wrong, for anything else than a message above."""
    return _decoder.decode(text)


# --- to the browser --------------------------------------------------------------------------------------------------


class Started(_Message, frozen=True, tag="started"):
    call_id: str


class Item(_Message, frozen=True, tag="item"):
    """The binary frames from here on belong to this item, until the next `item`."""

    item_id: str
    epoch: Epoch


class Clear(_Message, frozen=True, tag="clear"):
    """Drop every queued sample of this epoch and of those before; answer with `played` and `cleared`."""

    epoch: Epoch


class Held(_Message, frozen=True, tag="hold"):
    on: bool


class Told(_Message, frozen=True, tag="event"):
    """Something that happened in this call: `name` and `data` are those of `/api/events`."""

    name: str
    data: Mapping[str, Any]


class Ended(_Message, frozen=True, tag="ended"):
    reason: str


class Error(_Message, frozen=True, tag="error"):
    code: str
    message: str


ServerMessage = Started | Item | Clear | Held | Told | Ended | Error

_encoder = msgspec.json.Encoder()


def encode(message: ServerMessage) -> str:
    return _encoder.encode(message).decode()
