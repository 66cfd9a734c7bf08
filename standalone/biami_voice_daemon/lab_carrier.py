"""The telephone company in the computer, for lines whose `api_url` points at `lab.carrier_port`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.config_schema.values import is_loopback
from biami_engine.errors import ConfigError
from biami_engine.interface import Clock


def lab_lines(config: EngineConfig) -> list[TwilioLine]:
    """The lines that are at the lab carrier."""
    return [line for line in config.lines.values() if isinstance(line, TwilioLine) and _is_here(line, config)]


def _is_here(line: TwilioLine, config: EngineConfig) -> bool:
    api = urlsplit(line.api_url)
    return bool(config.lab.carrier_port) and api.port == config.lab.carrier_port and is_loopback(api.hostname or "")


async def start_lab_carrier(config: EngineConfig, clock: Clock, stack: AsyncExitStack) -> None:
    """Where the configuration has lines for it; `stack` ends it."""
    lines = lab_lines(config)
    if not lines:
        return
    accounts = {(line.account_sid, line.auth_token) for line in lines}
    if len(accounts) > 1:
        raise ConfigError("all lines at the lab carrier need the same account_sid and auth_token", "lab.carrier_port")
    from biami_engine.lab.carrier import LabCarrier
    from biami_engine.lab.town import Town

    carrier = LabCarrier(clock, lines[0].account_sid, lines[0].auth_token, config.lab.carrier_port)
    for line in lines:
        carrier.add_number(line.number, f"{config.server.public_url}/twilio/voice")
    subscribers = config.lab.subscribers
    town = Town(carrier, Path(config.config_dir, subscribers) if subscribers else None)
    stack.push_async_callback(town.stop)
    stack.push_async_callback(carrier.stop)
    await carrier.start(town.routes)
