"""Tunnels change their addresses, and then a number's calls go astray: notice it when the daemon starts."""

from __future__ import annotations

import asyncio
import logging

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.errors import TransportError

from .twilio_account import TwilioAccount, voice_url

_log = logging.getLogger(__name__)


def twilio_lines(config: EngineConfig) -> list[TwilioLine]:
    return [line for line in config.lines.values() if isinstance(line, TwilioLine)]


async def warn_of_astray_numbers(config: EngineConfig) -> None:
    """One warning per number whose calls would not come here. Twilio being away is no reason not to start."""
    for line in twilio_lines(config):
        if line.answer_calls:
            await _compare(line, config.server.public_url)


async def _compare(line: TwilioLine, public_url: str) -> None:
    try:
        found = await asyncio.to_thread(TwilioAccount(line).find_number, line.number)
    except TransportError as error:
        _log.warning("line %s: where its calls go could not be asked: %s", line.name, error)
        return
    if found is None:
        _log.warning("line %s: its number is not one of this Twilio account", line.name)
    elif not found.points_to(public_url):
        target = found.voice_url or "nobody"
        wanted = voice_url(public_url)
        _log.warning("line %s: its calls go to %s, not to %s: run `biami-voice webhook set`", line.name, target, wanted)
