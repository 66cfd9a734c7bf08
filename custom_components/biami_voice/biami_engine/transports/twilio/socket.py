"""The sending end of a media stream's WebSocket: whole frames straight into the server's transport.

A send is one `transport.write`: no task, no queue, no await on the hot path. aiohttp itself writes each frame in one go
when nothing is compressed, so its pings and close frames never fall into the middle of ours.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from struct import pack

from ...interface import Clock

STALL_SECONDS = 2.0
"""Bytes that make no progress for so long: the far end reads no more."""
SEND_BUFFER_BYTES = 64 * 1024
"""Kernel buffer, 6 s of audio: with the default of megabytes a stall would be seen minutes late."""
_TEXT = 0x81
"""FIN and opcode 1 (RFC 6455, 5.2); a server does not mask."""


def text_frame(text: str) -> bytes:
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return pack("!BB", _TEXT, size) + payload
    if size < 65536:
        return pack("!BBH", _TEXT, 126, size) + payload
    return pack("!BBQ", _TEXT, 127, size) + payload


class MediaSocket:
    """`close` is the server's own goodbye (it may take a round trip); `abort` drops a connection nobody reads."""

    def __init__(self, transport: asyncio.Transport, clock: Clock, close: Callable[[], None]) -> None:
        self.close = close
        self._transport = transport
        self._clock = clock
        self._written = 0
        self._progress = (0, 0.0)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def send(self, texts: Sequence[str]) -> None:
        if self._transport.is_closing():
            return
        data = b"".join(map(text_frame, texts))
        self._written += len(data)
        self._transport.write(data)

    def stalled(self) -> bool:
        """Whether what was written has made no progress for `STALL_SECONDS`; to be asked at least that often."""
        now = self._clock.monotonic()
        waiting = self._transport.get_write_buffer_size()
        done = self._written - waiting
        if waiting == 0 or done != self._progress[0]:
            self._progress = (done, now)
            return False
        return now - self._progress[1] > STALL_SECONDS

    def abort(self) -> None:
        self._transport.abort()
