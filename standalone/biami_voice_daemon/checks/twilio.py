"""Twilio: whether it takes the account, owns the number, and sends its calls here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.errors import NotFound, TransportError
from biami_engine.transports.twilio import webhook

from ..lab_carrier import lab_lines
from .finding import Finding, Verdict


def line(line: TwilioLine, config: EngineConfig, running: bool) -> Iterator[Finding]:
    subject = f"line {line.name}"
    if not running and line in lab_lines(config):
        message = "its lab carrier was not tried, because the daemon brings it"
        yield Finding(subject, Verdict.WARN, message, "start the daemon and run doctor again")
        return
    try:
        state = asyncio.run(webhook.show(line, config.server.public_url))
    except NotFound as error:
        yield Finding(subject, Verdict.FAIL, str(error), f"buy it, or correct lines.{line.name}.number")
        return
    except TransportError as error:
        advice = (
            "compare account_sid and auth_token with Twilio's console" if error.status == 401 else "try again later"
        )
        yield Finding(subject, Verdict.FAIL, str(error), advice)
        return
    yield Finding(subject, Verdict.OK, "Twilio accepts the account and owns the number")
    if state.matches:
        yield Finding(subject, Verdict.OK, f"calls to {line.number} come to {state.wanted_url}")
    else:
        message = f"calls to {line.number} go to {state.voice_url or 'nobody'}, not to {state.wanted_url}"
        yield Finding(subject, Verdict.FAIL, message, f"run: biami-voice webhook set --line {line.name}")
