"""The server: give `base_url` as that of a pipeline's `llm`, and of its `openai` stages."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import web

from ...interface import Clock
from ...speech.port import Listener, Speaker
from ..model.answers import Ask, InTurn, Mind
from .checks import Refused, check
from .completion import Completion, size_of
from .faults import LlmFaults
from .speech import SpeechRoutes

MODEL = "lab-llm"
MAX_LOG = 1000
MAX_BODY_BYTES = 32 * 2**20


class LabLlm:
    """`requests` are the bodies that came, newest last. One mind answers all of them, in their order."""

    def __init__(
        self,
        clock: Clock,
        api_key: str = "sk-lab",
        port: int = 0,
        *,
        mind: Mind | None = None,
        token_seconds: float = 0.0,
        faults: LlmFaults | None = None,
        speaker: Speaker | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.clock = clock
        self.api_key = api_key
        self.mind = mind or InTurn()
        self.token_seconds = token_seconds
        self.faults = faults or LlmFaults()
        self.requests: deque[dict[str, Any]] = deque(maxlen=MAX_LOG)
        self.broken_off = 0
        """Streams that their reader did not want to the end."""
        self.base_url = ""
        self.speech = SpeechRoutes(speaker, listener, self._known)
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.add_routes(self.speech.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _known(self, request: web.Request) -> bool:
        return not self.api_key or request.headers.get("Authorization") == f"Bearer {self.api_key}"

    async def _models(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return unauthorised()
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "lab"}
        return web.json_response({"object": "list", "data": [model]})

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        if not self._known(request):
            return unauthorised()
        try:
            body = await request.json()
            check(body)
            if self.faults.no_stream_options and "stream_options" in body:
                raise Refused("Unrecognized request argument supplied: stream_options", "stream_options")
            if self.faults.no_max_tokens and "max_tokens" in body:
                raise Refused("Unsupported parameter: use 'max_completion_tokens' instead.", "max_tokens")
        except ValueError:
            return failure(400, "We could not parse the JSON body of your request.", "invalid_request_error")
        except Refused as refused:
            return failure(400, refused.message, "invalid_request_error", refused.param)
        self.requests.append(body)
        self.faults.count += 1
        if self.faults.strikes("refuse"):
            return failure(self.faults.status, "The lab refuses this request.", "server_error")
        completion = self._complete(body)
        if body.get("stream"):
            return await self._stream(
                request, completion, bool((body.get("stream_options") or {}).get("include_usage"))
            )
        return web.json_response(completion.whole())

    def _complete(self, body: dict[str, Any]) -> Completion:
        messages = body["messages"]
        instructions = "\n".join(str(m["content"]) for m in messages if m["role"] in ("system", "developer"))
        ask = Ask(instructions, messages, body.get("tools") or (), heard=str(messages[-1].get("content") or ""))
        reply = self.mind.answer(ask)
        return Completion(self.faults.count, body["model"], reply, size_of(messages), self.faults.careless)

    async def _stream(self, request: web.Request, completion: Completion, with_usage: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        faults = self.faults
        if faults.strikes("slow"):
            await self._wait(faults.seconds)
        events = [json.dumps(chunk) for chunk in completion.chunks(with_usage)]
        broken = self._broken()
        try:
            for number, event in enumerate(events):
                if broken is not None and number == faults.after_tokens:
                    event = await self._break(broken, request, event)
                await self._wait(self.token_seconds)
                comment = ": keep-alive\r\n\r\n" if faults.careless else ""
                await response.write(f"{comment}data: {event}\n\n".encode())
            if not faults.careless:
                await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            self.broken_off += 1
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        return response

    def _broken(self) -> str | None:
        """Which fault this stream has."""
        return next((name for name in ("dies", "stalls", "unreadable", "fails") if self.faults.strikes(name)), None)

    async def _break(self, fault: str, request: web.Request, event: str) -> str:
        """What is sent instead of an event."""
        if fault == "dies" and request.transport is not None:
            request.transport.abort()
            raise ConnectionResetError
        if fault == "stalls":
            await self._wait(self.faults.seconds)
            return event
        return '{"choi' if fault == "unreadable" else '{"error": {"message": "The lab fails.", "type": "server_error"}}'

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self.clock.sleep_until(self.clock.monotonic() + seconds)


def failure(status: int, message: str, kind: str, param: str | None = None, code: str | None = None) -> web.Response:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return web.json_response({"error": error}, status=status)


def unauthorised() -> web.Response:
    return failure(401, "Incorrect API key provided.", "invalid_request_error", code="invalid_api_key")
