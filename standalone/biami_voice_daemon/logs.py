"""Logs on standard error: for people on a terminal, JSON lines for machines; redacted before they leave the process."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from biami_engine.redaction import redact

_CHATTY = ("aiohttp.access", "zeroconf", "urllib3", "websockets", "twilio.http_client")


class RedactingFormatter(logging.Formatter):
    """Redacts message and traceback alike, so that no way of logging escapes it."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: frozenset[str] = frozenset()

    def safe_message(self, record: logging.LogRecord) -> str:
        return redact(record.getMessage(), self.secrets)

    def safe_traceback(self, record: logging.LogRecord) -> str:
        return redact(self.formatException(record.exc_info), self.secrets) if record.exc_info else ""


class HumanFormatter(RedactingFormatter):
    """`12:30:01.250 INFO    message`; under systemd, which writes the time itself, the time is left out."""

    def __init__(self, with_time: bool = True) -> None:
        super().__init__()
        self._with_time = with_time

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3] + " " if self._with_time else ""
        call = getattr(record, "call_id", "")
        message = self.safe_message(record)
        prefix = f"{call}: " if call and call not in message else ""
        trace = self.safe_traceback(record)
        return f"{time}{record.levelname:<8}{prefix}{message}" + (f"\n{trace}" if trace else "")


class JsonFormatter(RedactingFormatter):
    """One object per line: time, level, logger, message, and call_id and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.safe_message(record),
        }
        if call := getattr(record, "call_id", ""):
            entry["call_id"] = str(call)
        if trace := self.safe_traceback(record):
            entry["exception"] = trace
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(level: str, as_json: bool, under_systemd: bool) -> RedactingFormatter:
    """Replace the root logger's handlers; the formatter's `secrets` are set once the configuration is known."""
    formatter = JsonFormatter() if as_json else HumanFormatter(with_time=not under_systemd)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    return formatter


def hide(formatter: RedactingFormatter, secrets: Iterable[str]) -> None:
    """Add secrets; what was once one stays hidden, a reload does not make it public."""
    formatter.secrets |= frozenset(secrets)
