"""What this machine lends to the tools: its calendars, its info files, and functions of installed packages."""

from __future__ import annotations

from importlib.metadata import entry_points

from biami_engine.config import EngineConfig
from biami_engine.tools.ports import HostPorts

from .calendars import house_calendar
from .info import info_files

TOOLS_GROUP = "biami_voice.tools"
"""Packages offer tools under this group of entry points; `name = "package.module:function"`."""


def host_ports(config: EngineConfig) -> HostPorts:
    """Build the ports of a configuration, opening nothing; raises `ConfigError`."""
    return HostPorts(
        calendar=house_calendar(config),
        info=info_files(config),
        tools={point.name: point.load for point in entry_points(group=TOOLS_GROUP)},
    )
