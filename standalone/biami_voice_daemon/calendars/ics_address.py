"""A calendar that somebody publishes as an ICS file on the web; it can only be read."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, tzinfo

from aiohttp import BasicAuth, ClientError, ClientSession, ClientTimeout

from biami_engine.tools.ports import Agenda, CalendarError

from .ics import MAX_BYTES, IcsText
from .worker import Worker

FRESH_SECONDS = 300.0
FETCH_SECONDS = 10.0


class IcsAddress:
    """Fetched at most every `FRESH_SECONDS`, and only when somebody asks."""

    def __init__(self, url: str, name: str, zone: tzinfo | None, username: str = "", password: str = "") -> None:
        self.name = name
        self._url = url.replace("webcal://", "https://", 1)
        self._zone = zone
        self._auth = BasicAuth(username, password) if username else None
        self._calendar: IcsText | None = None
        self._fetched_at = 0.0
        self._lock = asyncio.Lock()
        self._worker = Worker(name)

    async def agenda(self, start: datetime, end: datetime) -> Agenda:
        try:
            async with self._lock:
                if self._calendar is None or time.monotonic() - self._fetched_at > FRESH_SECONDS:
                    text = await self._fetch()
                    self._calendar = await self._worker.run(IcsText, text, self.name, self._zone)
                    self._fetched_at = time.monotonic()
            return Agenda(tuple(await self._worker.run(self._calendar.events, start, end)))
        except CalendarError as error:
            return Agenda(problems=(str(error),))

    async def close(self) -> None:
        self._worker.close()

    async def _fetch(self) -> bytes:
        try:
            async with ClientSession(timeout=ClientTimeout(total=FETCH_SECONDS), auth=self._auth) as session:
                async with session.get(self._url) as response:
                    if response.status != 200:
                        raise CalendarError(f"The calendar {self.name} cannot be read: status {response.status}.")
                    text = bytearray()
                    async for chunk in response.content.iter_chunked(64 * 1024):
                        text += chunk
                        if len(text) > MAX_BYTES:
                            break
                    return bytes(text)
        except (ClientError, OSError, TimeoutError, ValueError):
            raise CalendarError(f"The calendar {self.name} cannot be reached.") from None
