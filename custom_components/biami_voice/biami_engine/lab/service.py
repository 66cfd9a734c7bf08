"""A web service on loopback that a scenario's tools ask: each path answers as the file says, as late as it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from aiohttp import web

from ..interface import Clock

ADDRESS = "$web"
"""Stands for the service's address in a scenario's `engine:`."""
WEB = vol.Schema(
    {
        vol.Match(r"^/"): vol.Schema(
            {
                vol.Optional("after_seconds", default=0): vol.All(vol.Any(int, float), vol.Range(0, 600)),
                vol.Optional("status", default=200): vol.All(int, vol.Range(200, 599)),
                vol.Optional("answer", default=dict): vol.Any(dict, list, str),
            }
        )
    }
)


class LabService:
    def __init__(self, clock: Clock, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self._clock = clock
        self._answers = answers
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        planned = self._answers.get(request.path)
        if planned is None:
            raise web.HTTPNotFound
        await self._clock.sleep_until(self._clock.monotonic() + planned["after_seconds"])
        return web.json_response(planned["answer"], status=planned["status"])


def with_address(settings: Any, url: str) -> Any:
    """The same settings with the service's address filled in."""
    if isinstance(settings, str):
        return settings.replace(ADDRESS, url)
    if isinstance(settings, Mapping):
        return {key: with_address(value, url) for key, value in settings.items()}
    if isinstance(settings, list):
        return [with_address(value, url) for value in settings]
    return settings
