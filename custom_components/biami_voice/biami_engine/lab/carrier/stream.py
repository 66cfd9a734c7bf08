"""A bidirectional media stream: Twilio as the WebSocket client, strict about every frame it gets.

Between the call's tick and the socket stand a play-out clock (what the ear hears) and one writer task (what goes out,
in order). The reader may be stalled, the socket cut, and bad frames sent, on request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from ...interface import Clock
from .account import Alert, Alerts, Faults, new_sid
from .frames import CONNECTED, ClearIn, FrameError, FrameWriter, MarkIn, MediaIn, read_message
from .playout import Playout
from .signature import sign

MAX_WAITING_FRAMES = 3000
"""One minute of audio the server did not read; then the pipe counts as broken (31903)."""
CLOSE_SECONDS = 2.0
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """A `<Stream>` as the TwiML says."""

    url: str
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    status_callback: str = ""
    status_callback_method: str = "POST"


@dataclass(frozen=True, slots=True)
class StreamHost:
    """What a stream needs of the carrier and its call."""

    account_sid: str
    auth_token: str
    call_sid: str
    clock: Clock
    faults: Faults
    alerts: Alerts


class MediaStream:
    def __init__(self, plan: StreamPlan, host: StreamHost) -> None:
        self.plan = plan
        self.sid = new_sid("MZ")
        self.playout = Playout()
        self.closed = False
        self.close_code: int | None = None
        self.refused = 0
        """Messages of the server that were ignored because something in them was wrong."""
        self.received: list[str] = []
        """The kinds of messages in order: media, mark, clear."""
        self._host = host
        self._frames = FrameWriter(host.account_sid, host.call_sid, self.sid)
        self._outgoing: asyncio.Queue[str | bytes | None] = asyncio.Queue(MAX_WAITING_FRAMES)
        self._socket: ClientConnection | None = None
        self._started_at: float | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._warned: set[int] = set()

    @property
    def started(self) -> bool:
        return self._started_at is not None

    async def run(self, on_start: Callable[[], None]) -> None:
        """Connect and live until either side closes. Cancelling sends `stop`; a failed handshake is an alert."""
        try:
            self._socket = await self._connect()
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
            self._alert(31920, f"handshake failed: {error}")
            return
        finally:
            self.closed = self._socket is None
        self._send(CONNECTED)
        self._send(self._frames.start(self.plan.parameters))
        self._started_at = self._host.clock.monotonic()
        on_start()
        writer = asyncio.create_task(self._write(self._socket))
        try:
            await self._read(self._socket)
        finally:
            await self._close(self._socket, writer)

    async def _connect(self) -> ClientConnection:
        token = "wrong" if self._host.faults.bad_media_signature else self._host.auth_token
        return await connect(
            self.plan.url,
            additional_headers={"x-twilio-signature": sign(token, self.plan.url)},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            ping_interval=None,
            open_timeout=CONNECT_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=16 * 2**20,
            proxy=None,
        )

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                await self._flowing.wait()
                self._take(await socket.recv())
        except ConnectionClosed:
            self.close_code = socket.close_code

    async def _write(self, socket: ClientConnection) -> None:
        try:
            while (message := await self._outgoing.get()) is not None:
                await socket.send(message)
        except ConnectionClosed:
            return

    async def _close(self, socket: ClientConnection, writer: asyncio.Task[None]) -> None:
        """Say `stop`, flush, close; a peer that does not read is cut off."""
        self.closed = True
        # What the server still sends must be read, or its answer to our close frame is never reached.
        discarding = asyncio.create_task(_discard(socket))
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if socket.close_code is None:
                    self._send(self._frames.stop())
                    self._send(None)
                    await writer
                    await socket.close()
        except TimeoutError:
            pass
        finally:
            socket.transport.abort()
            writer.cancel()
            discarding.cancel()

    def _take(self, message: str | bytes) -> None:
        at = self._host.clock.monotonic()
        try:
            frame = read_message(message, self.sid)
        except FrameError as error:
            self.refused += 1
            self._alert(error.code, str(error), once=True)
            return
        if isinstance(frame, MediaIn):
            self.received.append("media")
            if not self.playout.receive(frame.payload, at):
                self._alert(31931, "more than 10 minutes buffered", once=True)
        elif isinstance(frame, MarkIn):
            self.received.append("mark")
            self._return_marks(self.playout.mark(frame.name, at))
        elif isinstance(frame, ClearIn):
            self.received.append("clear")
            self._return_marks(self.playout.clear(at))

    def read_frame(self, at: float) -> bytes:
        names, frame = self.playout.next_frame(at)
        self._return_marks(names)
        return frame

    def send_frame(self, frame: bytes, at: float) -> None:
        """20 ms from the phone's microphone."""
        if self._started_at is None or self.closed:
            return
        stream_sid = new_sid("MZ") if self._host.faults.wrong_stream_sid else None
        self._send(self._frames.media(frame, max(0, round((at - self._started_at) * 1000)), stream_sid))

    def send_key(self, digit: str) -> None:
        self._send(self._frames.dtmf(digit))

    def send_raw(self, message: str | bytes) -> None:
        """Fault: any text or binary frame."""
        self._send(message)

    def stall(self, on: bool) -> None:
        """Fault: stop (or go on) reading what the server sends."""
        if on:
            self._flowing.clear()
        else:
            self._flowing.set()

    def cut(self) -> None:
        """Fault: the connection is gone, without `stop` and without a closing handshake."""
        if self._socket is not None:
            self._socket.transport.abort()

    def _return_marks(self, names: list[str]) -> None:
        for name in names:
            self._send(self._frames.mark(name))

    def _send(self, message: str | bytes | None) -> None:
        try:
            self._outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self._alert(31903, "the server does not read", once=True)
            self.cut()

    def _alert(self, code: int, text: str, once: bool = False) -> None:
        if once and code in self._warned:
            return
        self._warned.add(code)
        self._host.alerts.append(Alert(code, self._host.call_sid, text))


async def _discard(socket: ClientConnection) -> None:
    try:
        while True:
            await socket.recv()
    except ConnectionClosed:
        return
