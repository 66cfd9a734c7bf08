"""What a single setting may be. Every refusal says what is wanted, and never shows a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import voluptuous as vol

Check = Callable[[Any], Any]

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}


def shown(value: object) -> str:
    """A value as an error may quote it: short, in one line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """` (did you mean "number"?)`, or nothing where no known word is near."""
    close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("127.")


def text(value: Any) -> str:
    """Text that is not empty."""
    if not isinstance(value, str):
        raise vol.Invalid(f"must be text in quotes, not {shown(value)}")
    if not value.strip():
        raise vol.Invalid("is empty: write a value or remove the line")
    return value


def optional_text(value: Any) -> str:
    """Text, or nothing at all."""
    return "" if value is None or value == "" else text(value)


def secret(value: Any) -> str:
    """A password or key; its value is never part of an error."""
    if not isinstance(value, str):
        raise vol.Invalid("must be text: put it in quotes")
    if not value.strip():
        raise vol.Invalid("is empty: is the secret or the environment variable behind it set?")
    return value


def flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _YES | _NO:
        raise vol.Invalid(f"must be true or false, not {shown(value)}")
    return word in _YES


def auto_flag(value: Any) -> bool | None:
    if value == "auto":
        return None
    try:
        return flag(value)
    except vol.Invalid:
        raise vol.Invalid(f"must be auto, true or false, not {shown(value)}") from None


def whole(low: int, high: int) -> Check:
    """A whole number in a range; text of digits will do, because environment variables are text."""

    def check(value: Any) -> int:
        digits = isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip())
        if isinstance(value, bool) or not (isinstance(value, int) or digits) or not low <= int(value) <= high:
            raise vol.Invalid(f"must be a whole number from {low} to {high}, not {shown(value)}")
        return int(value)

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        if isinstance(value, bool):
            amount = None
        else:
            try:
                amount = float(value)
            except (TypeError, ValueError):
                amount = None
        if amount is None or not low <= amount <= high:
            raise vol.Invalid(f"must be a number from {low:g} to {high:g}, not {shown(value)}")
        return amount

    return check


def choice(*words: str) -> Check:
    def check(value: Any) -> str:
        if value not in words:
            hint = did_you_mean(value, words)
            raise vol.Invalid(f"must be one of {', '.join(words)}, not {shown(value)}{hint}")
        return str(value)

    return check


def listed(item: Check) -> Check:
    """A list; a single value counts as a list of one."""

    def check(value: Any) -> tuple[Any, ...]:
        items = [] if value is None else value if isinstance(value, (list, tuple)) else [value]
        checked, errors = [], []
        for index, entry in enumerate(items):
            try:
                checked.append(item(entry))
            except vol.Invalid as error:
                error.prepend([index])
                errors.append(error)
        raise_all(errors)
        return tuple(checked)

    return check


def texts_by_name(value: Any) -> dict[str, str]:
    """A mapping of words to words, for a prompt's variables."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise vol.Invalid(f"must be a mapping like `name: text`, not {shown(value)}")
    return {str(key): str(entry) for key, entry in value.items()}


def name(value: Any) -> str:
    """A word that can stand in a URL and in a log."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise vol.Invalid(f"must be a name of letters, digits, - and _, not {shown(value)}")
    return value


def phone_number(value: Any) -> str:
    """E.164. YAML reads an unquoted +4930… as a whole number and drops its plus."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise vol.Invalid('must be in quotes, with its plus and country code, like "+12313993815"')
    if not isinstance(value, str) or not _E164.fullmatch(value):
        raise vol.Invalid(f'must be a number in E.164 form like "+12313993815", not {shown(value)}')
    return value


def country(value: Any) -> str:
    """An ISO 3166 code in either case."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2}", value):
        raise vol.Invalid(f'must be a country code of two letters like "DE", not {shown(value)}')
    return value.upper()


def time_zone(value: Any) -> str:
    """An IANA name, as `ZoneInfo` knows it."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise vol.Invalid(f'must be a time zone like "Europe/Berlin", not {shown(value)}') from None
    return name


def account_sid(value: Any) -> str:
    if not isinstance(value, str) or not _ACCOUNT_SID.fullmatch(value):
        raise vol.Invalid("must be Twilio's Account SID: AC and 32 hexadecimal digits, from the console's first page")
    return value


def api_url(value: Any) -> str:
    """Where a provider's API is: https, or http where a simulator stands in for it."""
    return _url(value, plain_hosts=None)


def public_url(value: Any) -> str:
    """Where carriers and browsers reach us, without a trailing slash; plain http only on loopback."""
    return "" if value in (None, "") else _url(value, plain_hosts=_LOOPBACK)


def origin(value: Any) -> str:
    """A browser's origin, as it stands in its `Origin` header, or `*`."""
    return "*" if value == "*" else _url(value, plain_hosts=None)


def _url(value: Any, plain_hosts: set[str] | None) -> str:
    address = text(value).strip()
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise vol.Invalid(f'must be an address like "https://voice.example.org", not {shown(value)}')
    if parts.username or parts.query or parts.fragment:
        raise vol.Invalid("must be a plain address: no user, no ? and no #")
    if parts.scheme == "http" and plain_hosts is not None and host not in plain_hosts:
        raise vol.Invalid("must begin with https://, because Twilio and browsers' microphones need it beyond loopback")
    return address.rstrip("/")


def raise_all(errors: list[vol.Invalid]) -> None:
    """Raise what was found, flat, or nothing."""
    if errors:
        raise vol.MultipleInvalid([single for error in errors for single in single_errors(error)])


def single_errors(error: vol.Invalid) -> list[vol.Invalid]:
    return list(error.errors) if isinstance(error, vol.MultipleInvalid) else [error]
