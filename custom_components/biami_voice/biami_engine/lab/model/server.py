"""The model's socket: `GET /v1/realtime` on loopback. Give `base_url` as a backend's `base_url`."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from ...audio.frame import Audio, AudioFormat
from ...audio.tones import beep
from ...backends.sound import as_format
from ...errors import BiamiError
from ...interface import Clock, TimerHandle
from ...speech.port import Speaker
from .answers import InTurn, Mind
from .faults import ModelFaults
from .models import check_model
from .orders import SESSION_SECONDS, Close, Hearing, Out, Render, expiry, inarticulate
from .session import DEFAULT_SPEED, ModelSession
from .shapes import Refused

MAX_MESSAGE_BYTES = 21 * 2**20
"""15 MiB of audio as base64, and its wrapping (OpenAI Realtime: connecting by WebSocket)."""
MAX_LOG = 10_000
MAX_PAST = 100
MAX_SOUNDS = 200
MAX_WAITING = 1000
TONE_MS_PER_CHARACTER = 60
"""Without a voice a beep is about as long as the words would be."""


class LabModel:
    """`received` is what clients sent and `sent` what they got, newest last; `sessions` are those open now."""

    def __init__(
        self,
        clock: Clock,
        api_key: str = "sk-lab",
        port: int = 0,
        *,
        speaker: Speaker | None = None,
        mind: Callable[[], Mind] = InTurn,
        speed: float = DEFAULT_SPEED,
        faults: ModelFaults | None = None,
        hearing: Hearing = inarticulate,
    ) -> None:
        self.clock = clock
        self.api_key = api_key
        self.speaker = speaker
        self.mind = mind
        self.speed = speed
        self.faults = faults or ModelFaults()
        self.hearing = hearing
        self._sounds: dict[tuple[str, AudioFormat], Audio] = {}
        self.base_url = ""
        self.received: deque[dict[str, Any]] = deque(maxlen=MAX_LOG)
        self.sent: deque[dict[str, Any]] = deque(maxlen=MAX_LOG)
        self.sessions: list[ModelSession] = []
        self.past: deque[ModelSession] = deque(maxlen=MAX_PAST)
        """Every session that was opened, the open ones too."""
        self._port = port
        self._runner: web.AppRunner | None = None
        self._sockets: set[web.WebSocketResponse] = set()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/realtime", self._realtime)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def drop(self, code: int = 1001) -> None:
        """Close every socket, as a server does that goes away."""
        await asyncio.gather(*(socket.close(code=code) for socket in list(self._sockets)))

    async def sound(self, text: str, format: AudioFormat) -> Audio:
        """What a text sounds like; made once, because making it takes time that other calls would miss."""
        known = self._sounds.get((text, format))
        if known is None:
            if len(self._sounds) >= MAX_SOUNDS:
                self._sounds.clear()
            known = self._sounds[text, format] = await self._made(text, format)
        return known

    async def _made(self, text: str, format: AudioFormat) -> Audio:
        if self.speaker is not None:
            with suppress(BiamiError):  # without a voice it beeps
                spoken = await self.speaker.render(text)
                return await asyncio.to_thread(as_format, spoken, format)
        return beep(format, ms=TONE_MS_PER_CHARACTER * len(text), hz=440)

    async def _realtime(self, request: web.Request) -> web.StreamResponse:
        known = request.headers.get("Authorization") == f"Bearer {self.api_key}"
        if not known or self.faults.refuse_key == "status":
            return web.json_response(_unauthorised(), status=401)
        socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, compress=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._serve(request, socket)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        if self.faults.refuse_key == "close":
            await socket.close(code=3000, message=b"invalid_request_error.invalid_api_key")
            return
        session = self._session(request.query.get("model", ""))
        if refused := _refused(request):
            for event in session.refuse(refused):
                await socket.send_json(event)
            await socket.close(code=4000, message=f"invalid_request_error.{refused.code}".encode())
            return
        self.sessions.append(session)
        self.past.append(session)
        try:
            await _Connection(self, socket, request.transport, session).run()
        finally:
            self.sessions.remove(session)

    def _session(self, model: str) -> ModelSession:
        seconds, self.faults.expires_in_seconds = self.faults.expires_in_seconds or SESSION_SECONDS, None
        expires_at = expiry(self.clock.wall().timestamp(), seconds)
        return ModelSession(model, self.mind(), expires_at, self.speed, self.faults, self.hearing, seconds)


class _Connection:
    """One reader and one writer around a session: whatever happens, it happens to the session in one order."""

    def __init__(
        self,
        model: LabModel,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        session: ModelSession,
    ) -> None:
        self._model = model
        self._socket = socket
        self._transport = transport
        self._session = session
        self._acts: asyncio.Queue[Callable[[], list[Out]]] = asyncio.Queue(MAX_WAITING)
        self._timer: TimerHandle | None = None
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the client goes away; a fault of ours ends the connection and is told."""
        try:
            async with self._tasks:
                self._spawn(self._write())
                await self._read()
                for task in self._running:
                    task.cancel()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                await self._acts.put(self._received(message.data))

    def _received(self, text: str) -> Callable[[], list[Out]]:
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            refused = Refused("invalid_event", "The event is not valid JSON.")
            return lambda: self._session.refuse(refused)
        if isinstance(event, dict):
            self._model.received.append(event)
        return lambda: self._session.receive(event, self._model.clock.monotonic())

    async def _write(self) -> None:
        await self._send(self._session.start(self._model.clock.monotonic()))
        self._arm()
        while True:
            act = await self._acts.get()
            await self._send(act())
            self._arm()

    async def _send(self, out: list[Out]) -> None:
        for one in out:
            if isinstance(one, Render):
                self._spawn(self._render(one))
            elif not self._socket.closed:
                with suppress(ConnectionError):  # the reader notices that the client is gone
                    await self._deliver(one)

    async def _deliver(self, one: dict[str, Any] | Close | str) -> None:
        if isinstance(one, str):
            await self._socket.send_str(one)
        elif isinstance(one, dict):
            self._model.sent.append(one)
            await self._socket.send_json(one)
        elif one.code:
            await self._socket.close(code=one.code, message=one.reason.encode())
        else:
            transport = self._transport
            if transport is not None:
                transport.abort()

    async def _render(self, render: Render) -> None:
        audio = await self._model.sound(render.text, render.format)
        now = self._model.clock.monotonic
        await self._acts.put(lambda: self._session.rendered(render.response_id, audio, now()))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._session.next_deadline
        if due is not None:
            self._timer = self._model.clock.call_at(due, self._due)

    def _due(self) -> None:
        if not self._acts.full():  # whatever fills it arms the timer again
            self._acts.put_nowait(lambda: self._session.tick(self._model.clock.monotonic()))


def _refused(request: web.Request) -> Refused | None:
    """What the address or a header gets wrong (OpenAI Realtime: connecting, errors)."""
    if "OpenAI-Beta" in request.headers:
        return Refused("beta_api_shape_disabled", "The Realtime Beta API is no longer supported.")
    if not request.query.get("model"):
        return Refused("missing_required_parameter", "You must provide a model parameter.", "model")
    try:
        check_model(request.query["model"])
    except Refused as refused:
        return refused
    return None


def _unauthorised() -> dict[str, Any]:
    return {
        "error": {
            "message": "Incorrect API key provided.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }
    }
