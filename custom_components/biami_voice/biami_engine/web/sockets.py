"""aiohttp's server socket as the browser line wants it."""

from __future__ import annotations

from typing import cast

from aiohttp import WebSocketError, WSMsgType, web

from ..transports.browser.socket import SocketClosed

ABNORMAL = 1006
"""RFC 6455, 7.1.5: no close frame was received."""


class AiohttpSocket:
    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request

    async def receive(self) -> str | bytes | SocketClosed:
        message = await self._socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            return cast(str | bytes, message.data)
        if message.type is WSMsgType.CLOSE:
            return SocketClosed(int(message.data))
        if message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
            return SocketClosed(message.data.code)
        return SocketClosed(ABNORMAL)

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
