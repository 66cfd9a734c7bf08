"""Twilio: whether it takes the account, owns the number, and sends its calls here."""

from __future__ import annotations

from collections.abc import Iterator

from biami_engine.config import EngineConfig, TwilioLine
from biami_engine.errors import TransportError

from ..lab_carrier import lab_lines
from ..twilio_account import TwilioAccount, TwilioNumber, voice_url
from .finding import Finding, Verdict

LOW_BALANCE = 1.0


def line(line: TwilioLine, config: EngineConfig, running: bool) -> Iterator[Finding]:
    subject = f"line {line.name}"
    if not running and line in lab_lines(config):
        message = "its lab carrier was not tried, because the daemon brings it"
        yield Finding(subject, Verdict.WARN, message, "start the daemon and run doctor again")
        return
    account = TwilioAccount(line)
    try:
        amount, currency = account.balance()
        found = account.find_number(line.number)
    except TransportError as error:
        refused = error.status == 401
        advice = "compare account_sid and auth_token with Twilio's console" if refused else "try again later"
        yield Finding(subject, Verdict.FAIL, str(error), advice)
        return
    low = amount < LOW_BALANCE
    yield Finding(
        subject,
        Verdict.WARN if low else Verdict.OK,
        f"Twilio accepts the account; its balance is {amount:.2f} {currency}",
        "top it up: calls will soon be refused" if low else "",
    )
    yield _number(line, found, config.server.public_url)


def _number(line: TwilioLine, found: TwilioNumber | None, public_url: str) -> Finding:
    subject, wanted = f"line {line.name}", voice_url(public_url)
    if found is None:
        advice = f"buy it, or correct lines.{line.name}.number"
        return Finding(subject, Verdict.FAIL, f"{line.number} is not a number of this account", advice)
    if found.points_to(public_url):
        return Finding(subject, Verdict.OK, f"calls to {line.number} come to {wanted}")
    message = f"calls to {line.number} go to {found.voice_url or 'nobody'}, not to {wanted}"
    return Finding(subject, Verdict.FAIL, message, f"run: biami-voice webhook set --line {line.name}")
