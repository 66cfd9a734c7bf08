"""A Twilio number as a line: it dials, it closes what it opened, and it knows which stream may speak for which leg."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from ...audio.frame import PCMU_8K
from ...config import TwilioLine
from ...errors import BiamiError, CallRefused, TransportError
from ...interface import CallStatus, Direction, EndReason, LedgerEntry
from ...redaction import mask_number
from ..port import DialRequest, Leg, TransportCapabilities, TransportServices
from . import forms, signature, twiml
from .closing import close_call
from .deadline import within
from .leg import TwilioLeg
from .media import Started
from .reconcile import Reconciler
from .rest import ResultUnknown, TwilioRest
from .status import read_status
from .tasks import Tasks
from .tokens import PARAMETER_NAME, StreamToken, mint_token, read_token

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 600
"""On top of the ringing: calls beyond the account's rate wait at Twilio (Call resource, `queued`)."""
CONCLUDE_SECONDS = 2.0
ASK_AGAIN_SECONDS = 0.4
RECONCILE_SECONDS = 10.0
STOP_SECONDS = 8.0


class TwilioTransport:
    capabilities = TransportCapabilities(PCMU_8K, transfer=True, clears_remotely=True)

    def __init__(self, line: TwilioLine, services: TransportServices) -> None:
        self.line = line
        self.clock = services.clock
        self.ledger = services.ledger
        self.owner = services.owner
        self.public_url = services.public_url.rstrip("/")
        self.rest = TwilioRest(line)
        self.on_incoming: Callable[[Leg], None] | None = None
        self.legs: dict[str, TwilioLeg] = {}
        self._token_key = services.token_key
        self.reconciler = Reconciler(line.name, self.rest, services.ledger, services.clock, services.max_call_seconds)
        self._by_sid: dict[str, TwilioLeg] = {}
        self._looked_once = asyncio.Event()
        self.tasks = Tasks()

    # --- the transport -----------------------------------------------------------------------------------------------

    async def start(self, on_incoming: Callable[[Leg], None]) -> None:
        """Legs of a former run are closed first; where that takes long it goes on behind the calls."""
        self.tasks.linger(self.rest.warm_up())
        self.tasks.linger(self._reconcile())
        try:
            async with within(self.clock, RECONCILE_SECONDS):
                await self._looked_once.wait()
        except TimeoutError:
            logger.warning("line %s: legs of a former run are still being closed", self.line.name)
        self.on_incoming = on_incoming

    async def dial(self, request: DialRequest) -> Leg:
        if not self.public_url:
            raise CallRefused("no_public_url", "Twilio cannot reach this engine: server.public_url is not set")
        leg = self._new_leg(request.leg_id, request.call_id, Direction.OUTBOUND, request.from_, request.to)
        try:
            await self.ledger.record_intent(self._entry(leg))
        except BiamiError as error:
            self.legs.pop(leg.id)
            raise CallRefused("ledger_unavailable", f"the call was not placed: {error}") from error
        failures: list[TransportError] = []
        creating = self.tasks.spawn(self._create(leg, request, failures))
        try:
            await asyncio.shield(creating)
        except asyncio.CancelledError:
            leg.hang_up(EndReason.OPERATOR)
            raise
        if failures:
            raise failures[0]
        return leg

    async def stop(self) -> None:
        self.on_incoming = None
        for leg in list(self.legs.values()):
            leg.hang_up(EndReason.SHUTDOWN)
        await self.tasks.stop(self.clock, STOP_SECONDS)
        self.rest.close()

    # --- what legs ask of their line ---------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.spawn(work)

    def connect_twiml(self, leg: TwilioLeg, digits: str = "") -> str:
        expires_at = self.clock.wall() + timedelta(seconds=TOKEN_SECONDS)
        text, token = mint_token(self._token_key, leg.call_id, leg.id, self.owner, expires_at)
        leg.nonce = token.nonce
        return twiml.connect_stream(forms.stream_url(self.public_url, self.owner), text, digits)

    def dial_twiml(self, leg: TwilioLeg, number: str) -> str:
        action = f"{self.public_url}{forms.DIALLED_PATH}?{forms.LEG_PARAMETER}={quote(leg.id)}"
        return twiml.dial(number, self.line.number, action)

    async def replace_twiml(self, leg: TwilioLeg, document: str) -> None:
        """An unknown result counts as done: the new stream comes or does not."""
        try:
            await self.rest.update_call(leg.provider_id or "", {"Twiml": document})
        except ResultUnknown as error:
            logger.warning("%s: %s", leg.call_id, error)

    async def final_status(self, leg: TwilioLeg) -> CallStatus | None:
        try:
            async with within(self.clock, CONCLUDE_SECONDS):
                while not leg.over:
                    status = await self._ask_status(leg)
                    if status is not None and status.terminal:
                        return status
                    await self.clock.sleep_until(self.clock.monotonic() + ASK_AGAIN_SECONDS)
        except TimeoutError:
            pass
        return None

    def leg_over(self, leg: TwilioLeg, at_carrier: bool) -> None:
        self.legs.pop(leg.id, None)
        if leg.provider_id is not None:
            self._by_sid.pop(leg.provider_id, None)
        if at_carrier:
            self.spawn(self._note(self.ledger.record_end(leg.id)))
        elif leg.provider_id is not None:
            self.spawn(self._close(leg, leg.provider_id))

    # --- incoming calls and streams ----------------------------------------------------------------------------------

    def is_signed(
        self, raw_path: str, headers: Mapping[str, str], parameters: signature.Parameters = (), websocket: bool = False
    ) -> bool:
        """Whether Twilio signed this request with this line's token, by the configured public URL alone."""
        if not self.line.validate_signatures:
            return True
        url = self.public_url + raw_path
        if websocket:
            url = "ws" + url.removeprefix("http")
        return signature.is_signed(self.line.auth_token, url, headers, parameters)

    async def take_call(self, call_sid: str, from_: str, to: str) -> TwilioLeg:
        """An incoming call: its leg rings once the ledger knows it. A repeated webhook finds the same leg."""
        known = self._by_sid.get(call_sid)
        if known is not None:
            return known
        call_id = f"call_{secrets.token_hex(10)}"
        leg = self._new_leg(f"{call_id}-1", call_id, Direction.INBOUND, from_, to)
        self.learn_sid(leg, call_sid)
        await self._note(self.ledger.record_intent(self._entry(leg)))
        leg.ring()
        if self.on_incoming is not None:
            self.on_incoming(leg)
        return leg

    def find_leg(self, leg_id: str, call_sid: str) -> TwilioLeg | None:
        return self.legs.get(leg_id) or self._by_sid.get(call_sid)

    def learn_sid(self, leg: TwilioLeg, call_sid: str) -> bool:
        """The first CallSid of a leg stays; False for another one."""
        if leg.provider_id is None:
            leg.provider_id = call_sid
            if not leg.over:
                self._by_sid[call_sid] = leg
        return leg.provider_id == call_sid

    def token_of(self, started: Started) -> StreamToken | None:
        return read_token(self._token_key, started.parameters.get(PARAMETER_NAME, ""))

    def accept_stream(self, started: Started) -> TwilioLeg | None:
        """The leg that this stream may speak for: signed, in time, expected now, and of the same call."""
        token = self.token_of(started)
        if token is None or started.account_sid != self.line.account_sid:
            logger.warning("a media stream without a token of ours was refused")
            return None
        leg = self.legs.get(token.leg_id)
        if leg is None:
            logger.warning("%s: a media stream for a leg that is over was refused", token.call_id)
            self.spawn(self.reconciler.close_stray(token.leg_id, started.call_sid, CallStatus.IN_PROGRESS))
            return None
        fresh = token.nonce == leg.nonce and not token.expired(self.clock.wall())
        if not fresh or not self.learn_sid(leg, started.call_sid):
            logger.warning("%s: a media stream with a used, old or foreign token was refused", leg.call_id)
            return None
        return leg

    # -----------------------------------------------------------------------------------------------------------------

    def _new_leg(self, leg_id: str, call_id: str, direction: Direction, from_: str, to: str) -> TwilioLeg:
        leg = self.legs[leg_id] = TwilioLeg(self, leg_id, call_id, self.line.name, direction, from_, to)
        return leg

    def _entry(self, leg: TwilioLeg) -> LedgerEntry:
        return LedgerEntry(
            leg_id=leg.id,
            call_id=leg.call_id,
            line=self.line.name,
            account=self.line.account_sid,
            direction=leg.direction,
            from_=leg.from_,
            to=leg.to,
            created_at=self.clock.wall(),
            provider_id=leg.provider_id,
        )

    async def _create(self, leg: TwilioLeg, request: DialRequest, failures: list[TransportError]) -> None:
        """Never repeated: a second request might ring a second time."""
        form = forms.create_form(request, self.connect_twiml(leg), self.public_url)
        try:
            call = await self.rest.create_call(form)
        except TransportError as error:
            failures.append(error)
            unknown = isinstance(error, ResultUnknown)
            logger.warning("%s: %s was not called: %s", leg.call_id, mask_number(leg.to), error)
            leg.lose(str(error), at_carrier=not unknown)
            return  # a call that was made all the same is told by its first callback, and closed then
        if not self.learn_sid(leg, call.sid):
            logger.error("%s: a media stream named another call than the carrier's answer", leg.call_id)
            leg.lose("the media stream belongs to another call", at_carrier=True)
        await self._note(self.ledger.record_leg(leg.id, call.sid))
        status = read_status(call.status)
        if leg.over:
            await self._close(leg, call.sid)
        elif status is not None:
            leg.status_changed(status)

    async def _reconcile(self) -> None:
        try:
            left = await self.reconciler.close_former()
        finally:
            self._looked_once.set()
        await self.reconciler.keep_closing(left)

    async def _close(self, leg: TwilioLeg, call_sid: str) -> None:
        """End the call at the carrier; the ledger lets it go only once that is sure."""
        ringing = leg.direction is Direction.OUTBOUND and leg.status.status is not CallStatus.IN_PROGRESS
        with self.reconciler.busy_with(leg.id):
            if await close_call(self.rest, self.clock, call_sid, ringing):
                await self._note(self.ledger.record_end(leg.id))

    async def _ask_status(self, leg: TwilioLeg) -> CallStatus | None:
        if leg.provider_id is None:
            return None
        try:
            return read_status((await self.rest.fetch_call(leg.provider_id)).status)
        except TransportError:
            return None

    async def _note(self, write: Awaitable[None]) -> None:
        """A running call does not depend on the ledger; the store has said that it does not work."""
        try:
            await write
        except BiamiError as error:
            logger.debug("line %s: not written down: %s", self.line.name, error)
