"""A `.env` file, and a whole configuration out of the prototype's variable names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biami_engine.errors import ConfigError, ConfigErrors

TWILIO_NAMES = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "SERVER_PUBLIC_URL")
SEED_NAMES = ("OPENAI_API_KEY", *TWILIO_NAMES, "TEST_MODE", "PORT")


def read_env_file(file: Path) -> dict[str, str]:
    """`NAME=value` lines; `export`, quotes and comments are understood, a missing file is empty."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", source=str(file)) from None
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        line = line.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ConfigError("must be a line like NAME=value", source=f"{file}:{number}")
        values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return value.partition(" #")[0].strip()


def has_seed_names(environment: Mapping[str, str]) -> bool:
    """Whether these variables alone are a configuration; PORT is too common a name to count."""
    return any(environment.get(name) for name in SEED_NAMES if name != "PORT")


def config_from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The same dict that YAML would give: a browser line, and a Twilio line where all its values are there."""
    given = {name: environment[name] for name in SEED_NAMES if environment.get(name)}
    server: dict[str, Any] = {"port": given.get("PORT", "8080")}
    lines: dict[str, Any] = {"web": {"transport": "browser"}}
    if any(name in given for name in TWILIO_NAMES[:3]):
        lines["phone"] = _twilio_line(given)
    if "SERVER_PUBLIC_URL" in given:
        server["public_url"] = given["SERVER_PUBLIC_URL"]
    backends: dict[str, Any] = {"scripted": {"type": "scripted"}}
    if "OPENAI_API_KEY" in given:
        backends["openai"] = {"type": "openai_realtime", "api_key": given["OPENAI_API_KEY"]}
    return {
        "server": server,
        "lines": lines,
        "backends": backends,
        "default_backend": list(backends)[-1],
        "tools": {
            "info": {"path": "info/"},
            "calendar": {"sources": [str(Path("calendar.ics").resolve())], "write_to": "calendar"},
        },
        "test_mode": given.get("TEST_MODE", "false"),
    }


def _twilio_line(given: Mapping[str, str]) -> dict[str, Any]:
    missing = [name for name in TWILIO_NAMES if name not in given]
    if missing:
        present = next(name for name in TWILIO_NAMES if name in given)
        raise ConfigErrors(
            [ConfigError(f"is missing beside {present}: set it, or remove {present}", name) for name in missing]
        )
    return {
        "transport": "twilio",
        "account_sid": given["TWILIO_ACCOUNT_SID"],
        "auth_token": given["TWILIO_AUTH_TOKEN"],
        "number": given["TWILIO_PHONE_NUMBER"],
    }
