"""The HTTP API: place, end and follow calls. Route names of the first version are kept (`/api/outbound/…`)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..engine import LocalEngine
from ..interface import CallRequest
from . import bodies
from .errors import ApiError
from .records import record_json, status_json, transcript_json

MAX_LISTED = 500


def api_routes(engine: LocalEngine) -> list[web.RouteDef]:
    api = _Api(engine)
    return [
        web.post("/api/outbound/initiate", api.initiate),
        web.post("/api/outbound/hangup/{call}", api.hang_up),
        web.get("/api/outbound/status/{call}", api.status),
        web.get("/api/calls", api.calls),
        web.get("/api/calls/{call}", api.call),
        web.get("/api/calls/{call}/transcript", api.transcript),
        web.post("/api/calls/{call}/say", api.say),
        web.post("/api/calls/{call}/dtmf", api.dtmf),
        web.post("/api/calls/{call}/update", api.update),
        web.get("/api/setup", api.setup),
    ]


class _Api:
    """`{call}` is the engine's id or the carrier's (CallSid)."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine

    async def initiate(self, request: web.Request) -> web.Response:
        body = await bodies.read_body(request, bodies.Initiate, self._engine.clock)
        record = await self._engine.place_call(
            CallRequest(
                to=body.to,
                context=body.context,
                line=body.line,
                from_=body.from_,
                goal=body.goal,
                variables=body.variables,
                questions=body.questions,
                send_digits=body.send_digits,
                ring_seconds=body.ring_seconds,
                idempotency_key=body.idempotency_key,
            )
        )
        return _success(status_json(record))

    async def hang_up(self, request: web.Request) -> web.Response:
        call = request.match_info["call"]
        await self._engine.hang_up(call)
        return _success(status_json(await self._engine.get_call(call)))

    async def status(self, request: web.Request) -> web.Response:
        record = await self._engine.get_call(request.match_info["call"])
        return _success(status_json(record) | {"direction": record.direction, "duration": record.duration_seconds})

    async def calls(self, request: web.Request) -> web.Response:
        limit = _number(request, "limit", 50, MAX_LISTED)
        records = await self._engine.list_calls(limit, _flag(request, "active"))
        return _success({"calls": [record_json(record) for record in records]})

    async def call(self, request: web.Request) -> web.Response:
        record = await self._engine.get_call(request.match_info["call"])
        return _success({"call": record_json(record)})

    async def transcript(self, request: web.Request) -> web.Response:
        record = await self._engine.get_call(request.match_info["call"])
        return _success({"id": record.id, "transcript": transcript_json(record.transcript)})

    async def say(self, request: web.Request) -> web.Response:
        body = await bodies.read_body(request, bodies.Say, self._engine.clock)
        await self._engine.say(request.match_info["call"], body.text)
        return _success({})

    async def dtmf(self, request: web.Request) -> web.Response:
        body = await bodies.read_body(request, bodies.Dtmf, self._engine.clock)
        await self._engine.send_dtmf(request.match_info["call"], body.digits)
        return _success({})

    async def update(self, request: web.Request) -> web.Response:
        body = await bodies.read_body(request, bodies.Say, self._engine.clock)
        await self._engine.update_call(request.match_info["call"], body.text)
        return _success({})

    async def setup(self, request: web.Request) -> web.Response:
        """What a page needs to offer: names only, no secrets."""
        config = self._engine.config
        lines = [
            {
                "name": name,
                "transport": line.transport,
                "context": line.context,
                "dials": name in self._engine.transports and self._engine.transports[name].capabilities.dials,
            }
            for name, line in config.lines.items()
        ]
        return _success({"contexts": list(config.contexts), "lines": lines, "test_mode": config.test_mode})


def _success(body: dict[str, Any]) -> web.Response:
    return web.json_response({"success": True, **body})


def _number(request: web.Request, name: str, default: int, highest: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise ApiError(400, "bad_query", f"{name} must be a number from 1 to {highest}")
    return int(text)


def _flag(request: web.Request, name: str) -> bool | None:
    text = request.query.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        raise ApiError(400, "bad_query", f"{name} must be true or false")
    return text == "true"
