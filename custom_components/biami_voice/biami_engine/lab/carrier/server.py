"""The carrier itself: an exchange behind a loopback HTTP server that answers as api.twilio.com does."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from aiohttp import web

from ...interface import Clock
from .account import CarrierRules, OwnedNumber, new_sid
from .call import LabCall
from .errors import RestError
from .exchange import Exchange
from .line import Phone
from .rest import rest_app
from .sounds import Voice
from .stream import MediaStream, StreamPlan


class LabCarrier(Exchange):
    """Twilio on loopback. Give `url` as a line's `api_url`; put phones into `phones`; dial in with `call`."""

    def __init__(
        self,
        clock: Clock,
        account_sid: str | None = None,
        auth_token: str | None = None,
        port: int = 0,
        *,
        rules: CarrierRules | None = None,
        voice: Voice | None = None,
    ) -> None:
        account_sid, auth_token = account_sid or new_sid("AC"), auth_token or secrets.token_hex(16)
        super().__init__(clock, account_sid, auth_token, rules or CarrierRules(), voice)
        self._port = port
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, more_routes: Sequence[web.RouteDef] = ()) -> None:
        """Listen on 127.0.0.1; `url` is known from here on."""
        await self.webhooks.start()
        app = web.Application()
        app.add_subapp(f"/2010-04-01/Accounts/{self.account_sid}", rest_app(self))
        app.add_routes(more_routes)
        app.router.add_route("*", "/{path:.*}", _not_authenticated)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await super().stop()
        await self.webhooks.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_number(self, number: str, voice_url: str = "", status_callback: str = "") -> OwnedNumber:
        """Give the account a number and say where its calls go."""
        self.numbers[number] = OwnedNumber(number, voice_url, status_callback=status_callback)
        return self.numbers[number]

    async def call(self, from_: str, to: str, phone: Phone) -> LabCall:
        """A phone dials one of the account's numbers; the call rings when this returns."""
        return self.start_inbound(from_, self.numbers[to], phone)

    async def replay_stream(self, stream: MediaStream, call_sid: str) -> MediaStream:
        """Fault: connect once more with a stream's parameters; returns when the server has closed it."""
        plan = StreamPlan(stream.plan.url, parameters=stream.plan.parameters)
        replayed = self.open_unattached_stream(call_sid, plan)
        await replayed.run(lambda: None)
        return replayed


async def _not_authenticated(request: web.Request) -> web.Response:
    """Other accounts and unknown paths."""
    return web.json_response(RestError(20003).body(), status=401)
