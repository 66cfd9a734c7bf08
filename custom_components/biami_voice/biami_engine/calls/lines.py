"""The lines in service: each with its transport, and those of a former configuration until their last call is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..config import EngineConfig
from ..transports import create_transport
from ..transports.port import Leg, Transport, TransportServices


class Lines:
    """`transports` by line name, for the host's web routes; `retired` ones only finish what they began."""

    def __init__(self, services: Callable[[EngineConfig], TransportServices]) -> None:
        self.transports: dict[str, Transport] = {}
        self.retired: list[Transport] = []
        self._services = services

    async def start(self, config: EngineConfig, on_incoming: Callable[[Leg], None]) -> None:
        """Start every line of the configuration that is not in service."""
        for name, line in config.lines.items():
            if name not in self.transports:
                transport = create_transport(line, self._services(config))
                self.transports[name] = transport
                await transport.start(on_incoming)

    def retire_changed(self, before: EngineConfig, after: EngineConfig) -> dict[str, Transport]:
        """Take lines out of service that are gone or changed; by name, to be stopped once their calls are over."""
        moved = before.server.public_url != after.server.public_url
        changed = {
            name: transport
            for name, transport in self.transports.items()
            if moved or after.lines.get(name) != before.lines.get(name)
        }
        for name, transport in changed.items():
            del self.transports[name]
            self.retired.append(transport)
        return changed

    async def stop_retired(self, transport: Transport) -> None:
        await transport.stop()
        self.retired.remove(transport)

    async def stop(self) -> None:
        await asyncio.gather(*(transport.stop() for transport in (*self.transports.values(), *self.retired)))
        self.transports.clear()
        self.retired.clear()
