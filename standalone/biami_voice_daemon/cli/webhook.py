"""`webhook show` and `webhook set`: where Twilio sends the calls of our numbers."""

from __future__ import annotations

import argparse
import asyncio

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.errors import NotFound
from biami_engine.transports.twilio import webhook as number

from ..settings import load_settings


def webhook(arguments: argparse.Namespace) -> int:
    """`show` exits with 1 where a number does not point here, so that a script can ask."""
    config = load_settings(arguments.config).config
    act = _show if arguments.action == "show" else _set
    return max([asyncio.run(act(line, config.server.public_url)) for line in _wanted(config, arguments.line)])


def _wanted(config: EngineConfig, name: str | None) -> list[TwilioLine]:
    lines = [line for line in config.lines.values() if isinstance(line, TwilioLine) and name in (None, line.name)]
    if not lines:
        raise NotFound(f"no Twilio line {name!r} is configured" if name else "no Twilio line is configured")
    return lines


async def _show(line: TwilioLine, public_url: str) -> int:
    state = await number.show(line, public_url)
    print(f"{line.name}: calls to {line.number} go to {state.voice_url or 'nobody'}")
    if state.matches:
        return 0
    print(f"  they should go to {state.wanted_url}: run `biami-voice webhook set --line {line.name}`")
    return 1


async def _set(line: TwilioLine, public_url: str) -> int:
    before = await number.show(line, public_url)
    after = await number.set(line, public_url)
    was = "" if before.matches else f" (before: {before.voice_url or 'nobody'})"
    print(f"{line.name}: calls to {line.number} go to {after.voice_url}{was}")
    return 0
