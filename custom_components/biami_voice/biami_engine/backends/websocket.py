"""A WebSocket to a model, on the sans-I/O client of `websockets`: sends never wait, messages come as plain calls.

Compression is off: base64 audio gains little by it. What the socket cannot take at once waits in the transport; more
than `MAX_BACKLOG_SECONDS` of it means that the peer is stalled, and the connection is given up.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from ..errors import BackendError
from ..interface import Clock

MAX_MESSAGE_BYTES = 16 * 2**20
MAX_BACKLOG_SECONDS = 2.0
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 2.0
SWITCHING_PROTOCOLS = 101


class ModelSocket(asyncio.Protocol):
    """`on_message` gets each text; `on_close` gets (code, reason) once."""

    def __init__(
        self,
        protocol: ClientProtocol,
        headers: Mapping[str, str],
        clock: Clock,
        on_message: Callable[[str], None],
        on_close: Callable[[int, str], None],
    ) -> None:
        self._protocol = protocol
        self._headers = headers
        self._clock = clock
        self._on_message = on_message
        self._on_close: Callable[[int, str], None] | None = on_close
        self._transport: asyncio.Transport | None = None
        self._opened = asyncio.get_running_loop().create_future()
        self._closed = asyncio.get_running_loop().create_future()
        self._parts: list[bytes] = []
        self._stalled_since: float | None = None

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # of uvloop it is one by shape only
        request = self._protocol.connect()
        request.headers.update(self._headers)
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._frame(event)
            elif isinstance(event, Response) and not self._opened.done():
                self._opened.set_result(event)
        if self._protocol.close_expected() and self._transport is not None:
            self._transport.close()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._protocol.receive_eof()
        if not self._opened.done():
            self._opened.set_result(error)
        if not self._closed.done():
            self._closed.set_result(None)
        self._tell_closed()

    # --- ours ---

    async def opened(self) -> None:
        """Return when the handshake is done; raises `BackendError` where the server refused it."""
        answer = await self._opened
        if isinstance(answer, Response) and answer.status_code == SWITCHING_PROTOCOLS:
            return  # it may be closed again already: `on_close` tells
        if isinstance(answer, Response):
            body = (answer.body or b"").decode("utf-8", "replace")[:300]
            retriable = answer.status_code >= 500 or answer.status_code == 429
            raise BackendError(f"the model's server answered {answer.status_code}: {body}".strip(), retriable)
        raise BackendError(f"the model's server closed the connection: {answer or 'no reason'}", retriable=True)

    def send(self, text: str) -> None:
        """Queue one message; after a close it is dropped."""
        if self._protocol.state is not State.OPEN or self._transport is None:
            return
        self._protocol.send_text(text.encode())
        self._flush()
        self._watch_backlog(self._transport)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await asyncio.shield(self._closed)
            except TimeoutError:
                pass
        self.abort()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            if frame.fin and not self._parts:
                self._on_message(bytes(frame.data).decode("utf-8", "replace"))
                return
            self._parts.append(bytes(frame.data))
            if frame.fin:
                text = b"".join(self._parts).decode("utf-8", "replace")
                self._parts = []
                self._on_message(text)

    def _flush(self) -> None:
        if self._transport is None:
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()

    def _watch_backlog(self, transport: asyncio.Transport) -> None:
        if transport.get_write_buffer_size() == 0:
            self._stalled_since = None
            return
        now = self._clock.monotonic()
        if self._stalled_since is None:
            self._stalled_since = now
        elif now - self._stalled_since > MAX_BACKLOG_SECONDS:
            transport.abort()

    def _tell_closed(self) -> None:
        told, self._on_close = self._on_close, None
        if told is not None:
            told(self._protocol.close_code or 1006, self._protocol.close_reason or "")


async def connect(
    url: str,
    headers: Mapping[str, str],
    clock: Clock,
    on_message: Callable[[str], None],
    on_close: Callable[[int, str], None],
    tls: ssl.SSLContext | None = None,
) -> ModelSocket:
    """Open a connection; raises `BackendError` where that fails, and then leaves nothing behind."""
    try:
        uri = parse_uri(url)
    except InvalidURI as error:
        raise BackendError(f"not a WebSocket address: {error}") from None
    protocol = ClientProtocol(uri, max_size=MAX_MESSAGE_BYTES)
    context = (tls or ssl.create_default_context()) if uri.secure else None
    socket: ModelSocket | None = None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, socket = await asyncio.get_running_loop().create_connection(
                lambda: ModelSocket(protocol, headers, clock, on_message, on_close), uri.host, uri.port, ssl=context
            )
            await socket.opened()
    except (OSError, TimeoutError) as error:
        if socket is not None:
            socket.abort()
        raise BackendError(f"cannot reach the model's server at {uri.host}:{uri.port}: {error!r}", True) from None
    except BaseException:
        if socket is not None:
            socket.abort()
        raise
    return socket
