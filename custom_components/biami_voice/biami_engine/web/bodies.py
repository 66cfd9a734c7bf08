"""Request bodies of the API: what may be in them. An unknown key is an error that names it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from ..interface import Clock
from ..transports.twilio.deadline import within
from .errors import ApiError

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 10.0

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-D*#wW]{1,64}$")]
Seconds = Annotated[int, msgspec.Meta(ge=5, le=600)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Initiate(_Body, frozen=True):
    """`POST /api/outbound/initiate`."""

    to: Name
    context: Name | None = None
    from_: Name | None = msgspec.field(name="from", default=None)
    line: Name | None = None
    goal: Text | None = None
    variables: dict[Name, Annotated[str, msgspec.Meta(max_length=4000)]] = {}
    questions: list[dict[str, Any]] = []
    send_digits: Digits | None = None
    ring_seconds: Seconds = 30
    idempotency_key: Name | None = None


class Say(_Body, frozen=True):
    text: Text


class Dtmf(_Body, frozen=True):
    digits: Digits


Body = TypeVar("Body", bound=_Body)


async def read_body(request: web.Request, kind: type[Body], clock: Clock) -> Body:
    """The JSON body as `kind`; a page of another site cannot send this content type without asking first (CORS)."""
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "send JSON: Content-Type: application/json")
    try:
        async with within(clock, BODY_SECONDS):
            body = await request.read()
        return msgspec.json.decode(body, type=kind)
    except TimeoutError:
        raise ApiError(408, "too_slow", f"the body did not arrive within {BODY_SECONDS:g} seconds") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(400, "bad_json", str(error)) from None
