"""Where a Wyoming server is: at a fixed address, or wherever the local network announces it (`_wyoming._tcp`)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from ..errors import BackendError
from .wyoming_wire import DEFAULT_PORT, Address, describe

if TYPE_CHECKING:
    from wyoming.info import Info
    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo

SERVICE_TYPE = "_wyoming._tcp.local."
SEARCH_SECONDS = 1.5
RESOLVE_MS = 2000
DESCRIBE_SECONDS = 5.0
ANY = "any"

Service = Literal["asr", "tts"]

_log = logging.getLogger(__name__)


class WyomingPlace:
    """Found once and kept until `lost`. `discover` is a part of the announced name, or `any`."""

    def __init__(self, service: Service, host: str = "", port: int = DEFAULT_PORT, discover: str = "") -> None:
        self._service: Service = service
        self._fixed = Address(host, port) if host else None
        self._discover = discover
        self._found: tuple[Address, Info] | None = None
        self._looking = asyncio.Lock()

    async def find(self) -> tuple[Address, Info]:
        """The server and what it offers; raises `BackendError` where there is none."""
        async with self._looking:
            if self._found is None:
                self._found = await self._look()
            return self._found

    def lost(self) -> None:
        """It could not be reached: look again next time, it may have moved."""
        self._found = None

    async def _look(self) -> tuple[Address, Info]:
        if self._fixed is not None:
            info = await describe(self._fixed, DESCRIBE_SECONDS)
            if not offers(info, self._service):
                raise BackendError(f"the Wyoming server at {self._fixed} offers no {_WORDS[self._service]}")
            return self._fixed, info
        for name, address in await announced(self._discover):
            try:
                info = await describe(address, DESCRIBE_SECONDS)
            except BackendError as error:
                _log.info("%s is announced, but %s", name, error)
                continue
            if offers(info, self._service):
                return address, info
        wanted = "" if self._discover == ANY else f" named {self._discover!r}"
        raise BackendError(f"no Wyoming server{wanted} with {_WORDS[self._service]} is announced here", retriable=True)


def offers(info: Info, service: Service) -> bool:
    """Installed and ready; what a server could download does not count."""
    return any(program.installed for program in (info.asr if service == "asr" else info.tts))


_WORDS: dict[Service, str] = {"asr": "speech-to-text", "tts": "text-to-speech"}


async def announced(wanted: str, seconds: float = SEARCH_SECONDS) -> list[tuple[str, Address]]:
    """Servers of the local network whose name contains `wanted`, in the order of their names."""
    from zeroconf import ServiceStateChange
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    names: set[str] = set()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added and (wanted == ANY or wanted.lower() in name.lower()):
            names.add(name)

    try:
        network = AsyncZeroconf()
    except OSError as error:
        raise BackendError(f"the local network cannot be searched: {error.strerror or error}", retriable=True) from None
    try:
        browser = AsyncServiceBrowser(network.zeroconf, SERVICE_TYPE, handlers=[heard])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        found = [AsyncServiceInfo(SERVICE_TYPE, name) for name in sorted(names)]
        await asyncio.gather(*(info.async_request(network.zeroconf, RESOLVE_MS) for info in found))
    finally:
        await network.async_close()
    return [(info.name, address) for info in found if (address := _address(info)) is not None]


def _address(info: AsyncServiceInfo) -> Address | None:
    hosts = info.parsed_addresses()
    return Address(hosts[0], info.port) if hosts and info.port else None
