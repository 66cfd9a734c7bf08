"""A connection to a Wyoming server: events there and back, with deadlines; a closed connection is an error.

Wyoming (rhasspy/wyoming): one JSON line, then data and payload of the lengths that it names. No login, no encryption.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from ..errors import BackendError, MissingDependency

if TYPE_CHECKING:
    from wyoming.event import Event, Eventable
    from wyoming.info import Info

DEFAULT_PORT = 10300
CONNECT_SECONDS = 3.0
MAX_PART_BYTES = 4 * 2**20
"""Of an event's data or payload; a minute of speech has 2 MB."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def wyoming(module: str) -> Any:
    """A module of the package; raises `MissingDependency` where it is not installed."""
    try:
        return import_module(f"wyoming.{module}")
    except ImportError:
        raise MissingDependency("Wyoming is not installed: pip install wyoming==1.10.2") from None


class BoundedReader:
    """What wyoming's reader needs of a stream; an event that claims to be huge is refused before it is read."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        return await self._reader.readline()

    async def readexactly(self, n: int) -> bytes:
        if n > MAX_PART_BYTES:
            raise ValueError("the event is too large")
        return await self._reader.readexactly(n)


class WyomingPeer:
    """The other end of an open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        self._reader = cast(asyncio.StreamReader, BoundedReader(reader))
        self._writer = writer
        self._name = name
        self._wire = wyoming("event")

    async def send(self, *events: Eventable) -> None:
        for event in events:
            await self._wire.async_write_event(event.event(), self._writer)

    async def receive(self) -> Event:
        """The next event; raises `BackendError` where the server closed the connection, sent an error or nonsense."""
        try:
            event: Event | None = await self._wire.async_read_event(self._reader)
        except (AttributeError, EOFError, KeyError, TypeError):
            event = None
        if event is None:
            raise BackendError(f"{self._name} broke off the connection", retriable=True)
        if event.type == "error":
            raise BackendError(f"{self._name}: {str(event.data.get('text') or 'an error')[:200]}", retriable=True)
        return event


@asynccontextmanager
async def connection(address: Address, seconds: float) -> AsyncIterator[WyomingPeer]:
    """Open for at most so long; whatever goes wrong on the way is a `BackendError`."""
    name = f"the Wyoming server at {address}"
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            async with asyncio.timeout(min(CONNECT_SECONDS, seconds)):
                reader, writer = await asyncio.open_connection(address.host, address.port)
            yield WyomingPeer(reader, writer, name)
    except TimeoutError:
        what = "cannot be reached" if writer is None else "took too long"
        raise BackendError(f"{name} {what}", retriable=True) from None
    except OSError as error:
        raise BackendError(f"{name} cannot be reached: {error.strerror or error}", retriable=True) from None
    finally:
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def describe(address: Address, seconds: float) -> Info:
    """What a server offers."""
    info = wyoming("info")
    async with connection(address, seconds) as peer:
        await peer.send(info.Describe())
        while True:
            event = await peer.receive()
            if info.Info.is_type(event.type):
                return cast("Info", info.Info.from_event(event))
