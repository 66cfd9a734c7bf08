"""This machine's speech on the local network (Wyoming), where Home Assistant finds it by `_wyoming._tcp.local.`."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

from biami_engine.config import WyomingConfig
from biami_engine.engine import LocalEngine
from biami_engine.errors import MissingDependency

from .discovery import Announcement, wants_announcement

SERVICE_TYPE = "_wyoming._tcp.local."

_log = logging.getLogger(__name__)


async def start_wyoming_server(config: WyomingConfig, engine: LocalEngine, stack: AsyncExitStack) -> int:
    """Where the configuration names a port; `stack` ends it. The port, 0 where there is none."""
    if not config.port:
        return 0
    try:
        server = engine.wyoming_server()
    except MissingDependency as error:
        _log.warning("wyoming: %s", error)
        return 0
    try:
        port = await server.start(config.host, config.port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"wyoming.port: {config.host}:{config.port} cannot be listened on: {reason}") from None
    stack.push_async_callback(server.stop)
    _log.info("speech for others (Wyoming) at tcp://%s:%d", config.host, port)
    if wants_announcement(config):
        announcement = Announcement(SERVICE_TYPE, config.host, port, {})
        stack.push_async_callback(announcement.stop)
        await announcement.start()
    return port
