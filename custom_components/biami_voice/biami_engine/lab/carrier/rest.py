"""Twilio's REST API over the exchange: the part that a voice application uses."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

from aiohttp import web

from .call import LabCall
from .errors import RestError
from .exchange import Exchange
from .forms import CREATE_PARAMETERS, UPDATE_PARAMETERS, Form, check_names, check_twiml, read_parties, read_plan
from .program import Fetch
from .resources import call_resource, number_resource, page

NUMBER_FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}
NUMBER_PARAMETERS = re.compile("|".join(NUMBER_FIELDS))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def rest_app(exchange: Exchange) -> web.Application:
    """Mounted below `/2010-04-01/Accounts/{AC}`."""
    api = Rest(exchange)
    app = web.Application(middlewares=[api.guard], client_max_size=64 * 1024)
    app.add_routes(
        [
            web.post("/Calls.json", api.create_call),
            web.get("/Calls.json", api.list_calls),
            web.get("/Calls/{sid}.json", api.fetch_call),
            web.post("/Calls/{sid}.json", api.update_call),
            web.delete("/Calls/{sid}.json", api.delete_call),
            web.get("/IncomingPhoneNumbers.json", api.list_numbers),
            web.get("/IncomingPhoneNumbers/{sid}.json", api.fetch_number),
            web.post("/IncomingPhoneNumbers/{sid}.json", api.update_number),
            web.get("/Balance.json", api.balance),
        ]
    )
    return app


class Rest:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Basic auth first, then the handler; every error has Twilio's JSON."""
        try:
            self._authenticate(request)
            return await handler(request)
        except RestError as error:
            return web.json_response(error.body(), status=error.status)
        except web.HTTPMethodNotAllowed:
            return web.json_response(RestError(20004).body(), status=405)
        except web.HTTPNotFound:
            return web.json_response(RestError(20404, request.path).body(), status=404)

    def _authenticate(self, request: web.Request) -> None:
        expected = f"{self._exchange.account_sid}:{self._exchange.auth_token}".encode()
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(credentials, validate=True)
        except ValueError:
            raise RestError(20003) from None
        if scheme.lower() != "basic" or not hmac.compare_digest(given, expected):
            raise RestError(20003)

    async def create_call(self, request: web.Request) -> web.Response:
        form = await _form(request)
        check_names(form, CREATE_PARAMETERS)
        exchange = self._exchange
        to, from_ = read_parties(form, exchange.numbers)
        call = exchange.new_call("outbound-api", from_, to, read_plan(form), dialled=False)
        call.number_sid = exchange.numbers[from_].sid
        created = call_resource(call)
        exchange.start_outbound(call)
        if exchange.faults.hold_create_answer_seconds:
            clock = exchange.clock
            await clock.sleep_until(clock.monotonic() + exchange.faults.hold_create_answer_seconds)
        return web.json_response(created, status=201)

    async def list_calls(self, request: web.Request) -> web.Response:
        calls = [call for call in reversed(self._exchange.calls.values()) if _matches(call, request.query)]
        return web.json_response(page("calls", [call_resource(call) for call in calls], request.rel_url))

    async def fetch_call(self, request: web.Request) -> web.Response:
        return web.json_response(call_resource(self._call(request)))

    async def update_call(self, request: web.Request) -> web.Response:
        call, form = self._call(request), await _form(request)
        check_names(form, UPDATE_PARAMETERS)
        if call.terminal or call.over.done():
            raise RestError(21220)
        if "TimeLimit" in form:
            raise RestError(20001, "TimeLimit of a running call is not simulated")
        if "Status" in form:
            await self._end(call, form["Status"])
        elif "Url" in form or "Twiml" in form:
            self._redirect(call, form)
        return web.json_response(call_resource(call))

    async def _end(self, call: LabCall, status: str) -> None:
        """`completed` ends what is in progress, `canceled` what is not yet (Twilio: Call resource, `Status`)."""
        if status not in {"completed", "canceled"}:
            raise RestError(20001, f"Status {status}")
        if (status == "completed") != (call.status == "in-progress"):
            raise RestError(21220)
        call.end(status)
        await call.gone.wait()

    def _redirect(self, call: LabCall, form: Form) -> None:
        if call.status != "in-progress":
            raise RestError(21220)
        check_twiml(form.get("Twiml", ""))
        call.plan = replace(call.plan, fallback_url=form.get("FallbackUrl", call.plan.fallback_url))
        start = Fetch(form["Url"], form.get("Method", "POST").upper()) if "Url" in form else form["Twiml"]
        self._exchange.redirect(call, start)

    async def delete_call(self, request: web.Request) -> web.Response:
        call = self._call(request)
        if not call.terminal:
            raise RestError(21220)
        del self._exchange.calls[call.sid]
        return web.Response(status=204)

    async def list_numbers(self, request: web.Request) -> web.Response:
        wanted = request.query.get("PhoneNumber")
        numbers = [number for number in self._exchange.numbers.values() if wanted in (None, number.number)]
        items = [number_resource(number, self._exchange.account_sid) for number in numbers]
        return web.json_response(page("incoming_phone_numbers", items, request.rel_url))

    async def fetch_number(self, request: web.Request) -> web.Response:
        sid = request.match_info["sid"]
        for number in self._exchange.numbers.values():
            if number.sid == sid:
                return web.json_response(number_resource(number, self._exchange.account_sid))
        raise RestError(20404, request.path)

    async def update_number(self, request: web.Request) -> web.Response:
        form, sid = await _form(request), request.match_info["sid"]
        check_names(form, NUMBER_PARAMETERS)
        for number in self._exchange.numbers.values():
            if number.sid == sid:
                for name, value in form.items():
                    setattr(number, NUMBER_FIELDS[name], value)
                return web.json_response(number_resource(number, self._exchange.account_sid))
        raise RestError(20404, request.path)

    async def balance(self, request: web.Request) -> web.Response:
        body = {"account_sid": self._exchange.account_sid, "balance": "10.00", "currency": "USD"}
        return web.json_response(body)

    def _call(self, request: web.Request) -> LabCall:
        call = self._exchange.calls.get(request.match_info["sid"])
        if call is None:
            raise RestError(20404, request.path)
        return call


async def _form(request: web.Request) -> Form:
    form = await request.post()
    if any(not isinstance(value, str) for value in form.values()):
        raise RestError(20001, "files are not taken")
    return form  # type: ignore[return-value]  # checked one line above: every value is a str


def _matches(call: LabCall, query: Form) -> bool:
    values = {"Status": call.status, "To": call.to, "From": call.from_, "ParentCallSid": call.parent_sid}
    if any(query[name] != value for name, value in values.items() if name in query):
        return False
    return all(_in_time(call, name, query[name]) for name in ("StartTime", "StartTime>", "StartTime<") if name in query)


def _in_time(call: LabCall, name: str, value: str) -> bool:
    """Compares days, as Twilio does; a call that never started has no start time."""
    if call.started is None:
        return False
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        raise RestError(20001, f"{name} {value}") from None
    started = call.started.date()
    return started == day if name == "StartTime" else started >= day if name == "StartTime>" else started <= day
