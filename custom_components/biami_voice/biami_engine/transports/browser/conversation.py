"""One socket from its first message to its close: the rules of the protocol, and who ends what."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection

import msgspec

from ...interface import Clock, EndReason
from ..port import Leg
from . import messages
from .leg import BrowserLeg
from .socket import GOING_AWAY, MESSAGE_TOO_BIG, NORMAL, POLICY_VIOLATION, BrowserSocket, SocketClosed, SocketWriter

_log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024
START_SECONDS = 10.0
CLOSE_SECONDS = 2.0


class _BrokenRule(Exception):
    """The page broke the protocol: it is told why, and the socket is closed."""

    def __init__(self, code: str, message: str, close_code: int = POLICY_VIOLATION) -> None:
        self.code = code
        self.close_code = close_code
        super().__init__(message)


class Conversation:
    def __init__(self, line: str, clock: Clock, socket: BrowserSocket, contexts: Collection[str]) -> None:
        self._line = line
        self._clock = clock
        self._socket = socket
        self._contexts = contexts
        self._writer = SocketWriter(socket, clock, self._stalled)
        self._call_id = f"call_{secrets.token_hex(10)}"
        self._leg: BrowserLeg | None = None
        self._listening: asyncio.Task[None] | None = None

    def end(self, reason: EndReason) -> None:
        """From outside: the call ends, or the page that has not started one is sent away."""
        if self._leg is not None:
            self._leg.hang_up(reason)
        self._writer.close(GOING_AWAY, reason.value)

    async def run(self, on_incoming: Callable[[Leg], None] | None) -> None:
        writing = asyncio.create_task(self._writer.run())
        self._listening = asyncio.create_task(self._listen(on_incoming))
        try:
            await asyncio.wait({self._listening})
            _, stuck = await asyncio.wait({writing}, timeout=CLOSE_SECONDS)
            if stuck:
                self._socket.abort()
        finally:
            if self._leg is not None:
                self._leg.lost("the server let go of the socket")
            for task in (self._listening, writing):
                task.cancel()
            results = await asyncio.gather(self._listening, writing, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _listen(self, on_incoming: Callable[[Leg], None] | None) -> None:
        try:
            if (start := await self._await_start()) is None:
                return
            if on_incoming is None:
                raise _BrokenRule("draining", "no new call is taken: the server is stopping", GOING_AWAY)
            self._leg = leg = BrowserLeg(self._call_id, self._line, start.context, self._writer, self._clock)
            on_incoming(leg)
            await self._obey(leg)
        except _BrokenRule as broken:
            self._refuse(broken)

    async def _await_start(self) -> messages.Start | None:
        """The first message; None where the page left or said nothing in time."""
        late = _BrokenRule("no_start", f"no start message within {START_SECONDS:g} seconds")
        timer = self._clock.call_at(self._clock.monotonic() + START_SECONDS, lambda: self._refuse(late))
        try:
            received = await self._socket.receive()
        finally:
            timer.cancel()
        if isinstance(received, SocketClosed):
            self._writer.close(NORMAL)
            return None
        if isinstance(received, bytes):
            raise _BrokenRule("not_started", "audio before the start message")
        message = _parse(received)
        if not isinstance(message, messages.Start):
            raise _BrokenRule("not_started", "the first message must be start")
        if message.context is not None and message.context not in self._contexts:
            raise _BrokenRule("unknown_context", f"there is no context {message.context!r}")
        return message

    async def _obey(self, leg: BrowserLeg) -> None:
        while not isinstance(received := await self._socket.receive(), SocketClosed):
            if isinstance(received, bytes):
                leg.hear(_samples(received))
                continue
            message = _parse(received)
            if isinstance(message, messages.Start):
                raise _BrokenRule("already_started", "the call is started already")
            leg.receive(message)
        self._writer.close(NORMAL)
        if received.code in (NORMAL, GOING_AWAY):
            leg.left()
        elif not leg.over:
            _log.warning("%s: the browser vanished (close code %d)", self._call_id, received.code)
            leg.lost(f"the browser vanished (close code {received.code})")

    def _refuse(self, broken: _BrokenRule) -> None:
        _log.warning("%s: browser socket closed: %r", self._call_id, str(broken))
        self._writer.put(messages.encode(messages.Error(broken.code, str(broken))))
        self._writer.close(broken.close_code, broken.code)
        if self._leg is not None:
            self._leg.lost(str(broken))

    def _stalled(self) -> None:
        if self._leg is not None and not self._leg.over:
            _log.warning("%s: the browser reads no more", self._call_id)
            self._leg.lost("the browser reads no more")
        if self._listening is not None:
            self._listening.cancel()


def _parse(text: str) -> messages.ClientMessage:
    if len(text) > MAX_MESSAGE_BYTES:
        raise _BrokenRule("too_big", f"a message has more than {MAX_MESSAGE_BYTES} bytes", MESSAGE_TOO_BIG)
    try:
        return messages.decode(text)
    except msgspec.DecodeError as error:
        raise _BrokenRule("bad_message", str(error)) from None


def _samples(data: bytes) -> bytes:
    if len(data) > MAX_MESSAGE_BYTES:
        raise _BrokenRule("too_big", f"a frame has more than {MAX_MESSAGE_BYTES} bytes", MESSAGE_TOO_BIG)
    if len(data) % 2 or not data:
        raise _BrokenRule("bad_audio", "a binary frame must hold whole samples of two bytes")
    return data
