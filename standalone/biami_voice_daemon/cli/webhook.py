"""`webhook show` and `webhook set`: where Twilio sends the calls of our numbers."""

from __future__ import annotations

import argparse

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.errors import NotFound

from ..settings import load_settings
from ..twilio_account import TwilioAccount, TwilioNumber, voice_url
from ..webhooks import twilio_lines


def webhook(arguments: argparse.Namespace) -> int:
    """`show` exits with 1 where a number does not point here, so that a script can ask."""
    config = load_settings(arguments.config).config
    act = _show if arguments.action == "show" else _set
    return max([act(line, config.server.public_url) for line in _wanted(config, arguments.line)])


def _wanted(config: EngineConfig, name: str | None) -> list[TwilioLine]:
    lines = [line for line in twilio_lines(config) if name in (None, line.name)]
    if not lines:
        raise NotFound(f"no Twilio line {name!r} is configured" if name else "no Twilio line is configured")
    return lines


def _show(line: TwilioLine, public_url: str) -> int:
    found = _find(TwilioAccount(line), line)
    print(f"{line.name}: calls to {line.number} go to {found.voice_url or 'nobody'}")
    if found.points_to(public_url):
        return 0
    print(f"  they should go to {voice_url(public_url)}: run `biami-voice webhook set --line {line.name}`")
    return 1


def _set(line: TwilioLine, public_url: str) -> int:
    account = TwilioAccount(line)
    before = _find(account, line)
    after = account.point_number(before.sid, public_url)
    was = "" if before.points_to(public_url) else f" (before: {before.voice_url or 'nobody'})"
    print(f"{line.name}: calls to {line.number} go to {after.voice_url}{was}")
    return 0


def _find(account: TwilioAccount, line: TwilioLine) -> TwilioNumber:
    found = account.find_number(line.number)
    if found is None:
        raise NotFound(f"lines.{line.name}.number: {line.number} is not a number of this Twilio account")
    return found
