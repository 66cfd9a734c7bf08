"""What this machine lends to the tools: its calendars, its info files, and functions of installed packages."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points

from biami_engine.config import EngineConfig
from biami_engine.tools.ports import HostPorts

from .calendars import HouseCalendar, house_calendar
from .info import info_files

TOOLS_GROUP = "biami_voice.tools"
"""Packages offer tools under this group of entry points; `name = "package.module:function"`."""

_log = logging.getLogger(__name__)


def host_ports(config: EngineConfig) -> HostPorts:
    """Build the ports of a configuration, opening nothing; raises `ConfigError`."""
    return HostPorts(
        calendar=house_calendar(config),
        info=info_files(config),
        tools={point.name: point.load for point in entry_points(group=TOOLS_GROUP)},
    )


async def read_ahead(ports: HostPorts) -> None:
    """Read everything once, so that no caller waits for it, and say what cannot be read."""
    if ports.info is not None:
        await ports.info.topics()
    if ports.calendar is not None:
        now = datetime.now(UTC)
        for problem in (await ports.calendar.agenda(now, now + timedelta(days=1))).problems:
            _log.warning("%s", problem)


async def close(ports: HostPorts) -> None:
    if isinstance(ports.calendar, HouseCalendar):
        await ports.calendar.close()
