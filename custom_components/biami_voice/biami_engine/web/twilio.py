"""Twilio's side of the web: voice webhook, callbacks and media streams.

Every request is checked against the configured public URL (never `Host`) before a body is read beyond 64 KiB or a
socket is upgraded: 403 without a right signature, and never 401 or 429, which Twilio would count as a failed call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from ..interface import Clock
from ..transports.port import Transport
from ..transports.twilio import TwilioTransport, twiml
from ..transports.twilio.callbacks import APOLOGY, answer_dialled, answer_voice, take_detection, take_status
from ..transports.twilio.deadline import within
from ..transports.twilio.forms import DETECTION_PATH, DIALLED_PATH, LEG_PARAMETER, MEDIA_PATH, STATUS_PATH, VOICE_PATH
from ..transports.twilio.leg import TwilioLeg
from ..transports.twilio.media import Started
from ..transports.twilio.signature import SIGNATURE_HEADER
from ..transports.twilio.socket import MediaSocket
from ..transports.twilio.status import SeenBefore
from ..transports.twilio.stream import MediaStream
from .bodies import BODY_SECONDS, MAX_BODY_BYTES

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024
START_SECONDS = 10.0
HEARTBEAT_SECONDS = 15.0
RETRY_HEADER = "I-Twilio-Idempotency-Token"


class HasTransports(Protocol):
    """What these routes need of the engine."""

    @property
    def transports(self) -> Mapping[str, Transport]: ...

    @property
    def retired(self) -> Sequence[Transport]:
        """Of a former configuration; their calls still run."""
        ...


def twilio_routes(engine: HasTransports) -> list[web.RouteDef]:
    routes = TwilioRoutes(engine)
    return [
        web.post(VOICE_PATH, routes.voice),
        web.get(VOICE_PATH, routes.voice, allow_head=False),
        web.post(STATUS_PATH, routes.status),
        web.get(STATUS_PATH, routes.status, allow_head=False),
        web.post(DETECTION_PATH, routes.detection),
        web.post(DIALLED_PATH, routes.dialled),
        web.get(MEDIA_PATH, routes.media, allow_head=False),
        web.get(MEDIA_PATH + "/{owner}", routes.media, allow_head=False),
    ]


class TwilioRoutes:
    def __init__(self, engine: HasTransports) -> None:
        self._engine = engine
        self._seen = SeenBefore()

    async def voice(self, request: web.Request) -> web.Response:
        """An incoming call: what shall happen with it? Our own failures answer 200 with a sentence."""
        form, lines = await self._verified_form(request)
        try:
            line = next((line for line in lines if line.line.number == form.get("To")), lines[0])
            document = await answer_voice(line, form)
        except Exception:
            logger.exception("the voice webhook failed")
            document = twiml.apologise(APOLOGY)
        return web.Response(text=document, content_type=twiml.CONTENT_TYPE)

    async def status(self, request: web.Request) -> web.Response:
        form, lines = await self._verified_form(request)
        if not self._is_retry(request):
            leg_id = request.query.get(LEG_PARAMETER, "")
            for line in _of_leg(lines, leg_id, form):
                take_status(line, form, leg_id)
        return web.Response(status=204)

    async def detection(self, request: web.Request) -> web.Response:
        form, lines = await self._verified_form(request)
        if not self._is_retry(request):
            leg_id = request.query.get(LEG_PARAMETER, "")
            for line in _of_leg(lines, leg_id, form):
                take_detection(line, form, leg_id)
        return web.Response(status=204)

    async def dialled(self, request: web.Request) -> web.Response:
        """Whoever was to take a caller did, or did not."""
        form, lines = await self._verified_form(request)
        leg_id = request.query.get(LEG_PARAMETER, "")
        document = answer_dialled(_of_leg(lines, leg_id, form)[0], form, leg_id)
        return web.Response(text=document, content_type=twiml.CONTENT_TYPE)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket of a media stream. 403 comes before the upgrade: Twilio reports it as 31920."""
        lines = [line for line in self._lines() if line.is_signed(request.raw_path, request.headers, websocket=True)]
        if not lines:
            raise _forbidden(request)
        owner = request.match_info.get("owner")
        if owner is not None and all(line.owner != owner for line in lines):
            raise web.HTTPNotFound(text="this media stream belongs to another process")
        socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_FRAME_BYTES, heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        await _serve(socket, request, lines)
        return socket

    def _lines(self) -> list[TwilioTransport]:
        transports = (*self._engine.transports.values(), *self._engine.retired)
        return [line for line in transports if isinstance(line, TwilioTransport)]

    def _is_retry(self, request: web.Request) -> bool:
        token = request.headers.get(RETRY_HEADER)
        return token is not None and self._seen((request.path, token))

    async def _verified_form(self, request: web.Request) -> tuple[Mapping[str, str], list[TwilioTransport]]:
        """The parameters and the lines whose signature they carry: at least one, of the account they name."""
        known = self._lines()
        unsigned = SIGNATURE_HEADER not in request.headers
        if not known or (unsigned and all(line.line.validate_signatures for line in known)):
            raise _forbidden(request)
        pairs = parse_qsl(await _read_body(request, known[0].clock), keep_blank_values=True)
        form = dict(pairs) or dict(request.query)
        lines = [
            line
            for line in known
            if line.line.account_sid == form.get("AccountSid")
            and line.is_signed(request.raw_path, request.headers, pairs)
        ]
        if not lines:
            raise _forbidden(request)
        return form, lines


def _of_leg(lines: list[TwilioTransport], leg_id: str, form: Mapping[str, str]) -> list[TwilioTransport]:
    """The line that has the leg; all of them where none has, since the ledger is asked line by line."""
    found = [line for line in lines if line.find_leg(leg_id, form.get("CallSid", "")) is not None]
    return found[:1] or lines


def _forbidden(request: web.Request) -> web.HTTPForbidden:
    logger.warning(
        "a request to %s without a right Twilio signature was refused (from %s)", request.path, request.remote
    )
    return web.HTTPForbidden(text="the Twilio signature is missing or wrong")


async def _read_body(request: web.Request, clock: Clock) -> str:
    """At most 64 KiB in at most ten seconds, whatever the headers say."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
    body = bytearray()
    try:
        async with within(clock, BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
    return body.decode("utf-8", "replace")


async def _serve(response: web.WebSocketResponse, request: web.Request, lines: list[TwilioTransport]) -> None:
    """Read one media stream to its end. Sending needs no task: see `MediaSocket`."""
    transport = request.transport
    if transport is None:
        return
    closing: list[asyncio.Task[bool]] = []

    def close() -> None:
        if not closing:
            closing.append(asyncio.ensure_future(response.close()))

    def find_leg(started: Started) -> TwilioLeg | None:
        token = lines[0].token_of(started)
        line = next((line for line in lines if token is not None and token.leg_id in line.legs), lines[0])
        return line.accept_stream(started)

    clock = lines[0].clock
    stream = MediaStream(MediaSocket(transport, clock, close), find_leg)
    overdue = clock.call_at(clock.monotonic() + START_SECONDS, lambda: None if stream.bound else close())
    try:
        async for message in response:
            if message.type is WSMsgType.TEXT:
                stream.receive(message.data)
            elif message.type is WSMsgType.BINARY:
                stream.refuse_binary()
            else:
                stream.refuse_broken(str(message.data))
    finally:
        overdue.cancel()
        stream.closed()
        if closing:
            await closing[0]
