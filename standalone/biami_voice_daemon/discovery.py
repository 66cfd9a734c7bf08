"""The daemon's names on the local network: `_biami-voice._tcp.local.`, which Home Assistant looks for, and others."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from biami_engine.config import ServerConfig, WyomingConfig
from biami_engine.config_schema.values import is_loopback

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

SERVICE_TYPE = "_biami-voice._tcp.local."
ANNOUNCE_TIMEOUT_SECONDS = 10.0

_log = logging.getLogger(__name__)


def wants_announcement(server: ServerConfig | WyomingConfig) -> bool:
    """Left to itself the daemon is announced where others can reach it."""
    return not is_loopback(server.host) if server.zeroconf is None else server.zeroconf


def daemon_announcement(server: ServerConfig, port: int, version: str, owner: str) -> Announcement:
    """What Home Assistant finds a daemon by."""
    properties = {
        "id": owner,  # stays over restarts and addresses: a host knows a daemon again by it
        "version": version,
        "path": "/",
        "tls": "0",
        "auth": "1" if server.api_token else "0",
    }
    return Announcement(SERVICE_TYPE, server.host, port, properties)


class Announcement:
    """On the network from `start` to `stop`; a machine without one is no fault, only unannounced."""

    def __init__(self, service_type: str, listens_on: str, port: int, properties: Mapping[str, str]) -> None:
        self._service_type = service_type
        self._listens_on = listens_on
        self._port = port
        self._properties = properties
        self._zeroconf: AsyncZeroconf | None = None
        self._host = socket.gethostname().partition(".")[0] or "biami-voice"
        self.name = f"Biami Voice on {self._host}.{service_type}"

    async def start(self) -> None:
        from zeroconf import Error as ZeroconfError
        from zeroconf import InterfaceChoice
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

        addresses = await _addresses(self._listens_on)
        info = AsyncServiceInfo(
            self._service_type,
            self.name,
            addresses=[ipaddress.ip_address(address).packed for address in addresses],
            port=self._port,
            properties=dict(self._properties),
            server=f"{self._host}.local.",
        )
        try:
            here = is_loopback(self._listens_on)
            self._zeroconf = AsyncZeroconf(interfaces=addresses if here else InterfaceChoice.All)
            async with asyncio.timeout(ANNOUNCE_TIMEOUT_SECONDS):
                await self._zeroconf.async_register_service(info, allow_name_change=True)
        except (OSError, RuntimeError, TimeoutError, ZeroconfError) as error:
            _log.warning("not announced on the local network: %s", error or type(error).__name__)
            await self.stop()
            return
        self.name = info.name
        _log.info("announced on the local network as %s", self.name)

    async def stop(self) -> None:
        if self._zeroconf is not None:
            zeroconf, self._zeroconf = self._zeroconf, None
            await zeroconf.async_close()


async def _addresses(host: str) -> list[str]:
    """Where others reach us: the address we listen on, or all of this machine's where we listen on all."""
    if not ipaddress.ip_address(_numeric(host)).is_unspecified:
        return [_numeric(host)]
    found = await asyncio.get_running_loop().run_in_executor(None, _own_addresses)
    return found or ["127.0.0.1"]


def _numeric(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _own_addresses() -> list[str]:
    """The address that a packet to the outside would carry; connecting a UDP socket sends nothing."""
    found = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                found.append(probe.getsockname()[0])
        except OSError:
            continue
    return found
