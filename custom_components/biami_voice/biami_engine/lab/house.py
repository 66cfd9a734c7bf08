"""The engine under test as a daemon would run it: its own web server, and a Twilio line that is at the carrier."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from ..config import EngineConfig
from ..config_schema import parse_config
from ..engine import LocalEngine
from ..interface import Clock
from ..web.app import create_app
from .carrier import LabCarrier

LINE = "phone"


class House:
    """Brings up engine and web server around a carrier, on a port of its own."""

    def __init__(self, carrier: LabCarrier, clock: Clock, settings: Mapping[str, Any], folder: Path, log: Path) -> None:
        self._carrier = carrier
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        made = {
            "server": {"public_url": self.url},
            "call_log": {"url": f"sqlite:///{log}"},
        }
        self.config: EngineConfig = parse_config({**settings, **made}, str(folder))
        self.engine = LocalEngine(self.config, clock)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        await self.engine.start()
        self._runner = web.AppRunner(create_app(self.engine), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def stop(self) -> None:
        await self.engine.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()


def twilio_line(carrier: LabCarrier, number: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the line under test."""
    return {
        "transport": "twilio",
        "account_sid": carrier.account_sid,
        "auth_token": carrier.auth_token,
        "number": number,
        "api_url": carrier.url,
        "region": "US",
        **more,
    }
