"""Whatever is logged, in whatever way, leaves the process redacted."""

from __future__ import annotations

import json
import logging

import pytest

from biami_voice_daemon.logs import HumanFormatter, JsonFormatter, RedactingFormatter, hide


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("biami.test").makeRecord("biami.test", logging.INFO, "x.py", 1, message, arguments, None)
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize("kind", [HumanFormatter, JsonFormatter])
def test_numbers_and_secrets_are_hidden(kind: type[RedactingFormatter]) -> None:
    formatter = kind()
    hide(formatter, ["s3cret-of-config"])
    hide(formatter, ["s3cret-of-reload"])
    line = formatter.format(record("%s calls with s3cret-of-config, s3cret-of-reload", "+12313993815"))
    assert "+12***15 calls with ***, ***" in line


@pytest.mark.parametrize("kind", [HumanFormatter, JsonFormatter])
def test_a_traceback_is_hidden_too(kind: type[RedactingFormatter]) -> None:
    formatter = kind()
    try:
        raise ValueError("no route to +12313993815")
    except ValueError as error:
        failed = record("failed", exc_info=(ValueError, error, error.__traceback__))
    line = formatter.format(failed)
    assert "ValueError: no route to +12***15" in line
    assert "+12313993815" not in line


def test_json_has_the_call() -> None:
    entry = json.loads(JsonFormatter().format(record("answered", call_id="call_1")))
    assert (entry["level"], entry["logger"], entry["message"], entry["call_id"]) == (
        "info",
        "biami.test",
        "answered",
        "call_1",
    )
    assert entry["time"].endswith("+00:00")


def test_people_see_the_call_once() -> None:
    formatter = HumanFormatter(with_time=False)
    assert formatter.format(record("answered", call_id="call_1")) == "INFO    call_1: answered"
    assert formatter.format(record("call_1: answered", call_id="call_1")) == "INFO    call_1: answered"
    assert HumanFormatter().format(record("x"))[:12].count(":") == 2
