"""The house's speech for others: a Wyoming server with its recogniser and its voices, for Home Assistant above all.

Wyoming knows no login and no encryption: who reaches the port may use it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import cast

from ..errors import BiamiError
from .port import SpeechFactory
from .wyoming_service import WyomingService
from .wyoming_wire import BoundedReader, wyoming

MAX_CONNECTIONS = 16
IDLE_SECONDS = 120.0
"""Between two events of a client; then it is gone."""
CLOSE_SECONDS = 1.0

_log = logging.getLogger(__name__)


class WyomingServer:
    """From `start` to `stop`. A client's fault ends its connection and nothing else."""

    def __init__(self, speech: SpeechFactory) -> None:
        self._speech = speech
        self._wire = wyoming("event")
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """The port, which the system chooses where 0 is given; raises `OSError` where it cannot be listened on."""
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if len(self._clients) > MAX_CONNECTIONS:
                _log.warning("a Wyoming client is turned away: there are %d already", MAX_CONNECTIONS)
            else:
                await self._serve(reader, writer)
        except asyncio.CancelledError:  # asyncio's own callback would call a cancelled handler a failure
            pass
        except (OSError, EOFError):
            _log.info("a Wyoming client broke off")
        except Exception:
            _log.exception("a Wyoming client's request failed")
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bounded = cast(asyncio.StreamReader, BoundedReader(reader))
        service = WyomingService(self._speech, lambda event: self._wire.async_write_event(event.event(), writer))
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    event = await self._wire.async_read_event(bounded)
                if event is None:
                    return
                await service.handle(event)
        except TimeoutError:
            return
        except BiamiError as error:
            await service.refuse(str(error))
        except (AttributeError, KeyError, TypeError, ValueError):
            await service.refuse("this event cannot be understood")
