"""Checks of everything that calls need: of this machine, of the way in from outside, of Twilio."""

from __future__ import annotations

from collections.abc import Iterator

from biami_engine.config import EngineConfig

from ..webhooks import twilio_lines
from . import machine, network, twilio
from .finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]


def examine(config: EngineConfig) -> Iterator[Finding]:
    """From the inside to the outside; a later check may rest on an earlier one."""
    yield machine.speech()
    yield machine.call_log(config)
    running, finding = machine.daemon(config.server)
    yield finding
    if running:
        yield machine.token(config.server)
    lines = twilio_lines(config)
    if lines:
        yield from network.public_url(config.server.public_url, running)
        yield from network.clock(lines[0].api_url)
    for line in lines:
        yield from twilio.line(line, config, running)
