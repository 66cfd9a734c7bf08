"""One wire each; all end in a Leg."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from ..config import LineConfig
from ..errors import ConfigError
from .port import Transport, TransportServices

TRANSPORTS = {
    "browser": (".browser", "BrowserTransport"),
    "loopback": (".loopback", "LoopbackTransport"),
    "twilio": (".twilio", "TwilioTransport"),
}
"""A line is added with one file and one line here; the class is imported when a configuration uses it."""


def create_transport(line: LineConfig, services: TransportServices) -> Transport:
    """Import and build the transport of a line."""
    if line.transport not in TRANSPORTS:
        raise ConfigError(f"unknown transport {line.transport!r}; known: {', '.join(TRANSPORTS)}", f"lines.{line.name}")
    module, name = TRANSPORTS[line.transport]
    factory = getattr(import_module(module, __package__), name)
    return cast(Transport, factory(line, services))
