"""What a log may show: numbers masked, secrets never."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
_SHORT_DIGITS = 4
"""Emergency numbers, extensions and ports are nobody's number."""
_SHORT_SECRET = 6
"""Hiding shorter secrets would tear holes into ordinary words."""

_NUMBER = re.compile(
    r"""(?:\+|%2B|(?<![\w.+-])00)\d[\d ()./-]{4,20}\d      # international, also percent-encoded as in a form body
      | (?<![\w.+-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b        # (231) 399-3815
      | (?<![\w.+-])\d{7,15}(?![\w.])                         # national, without separators
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_NAMED = re.compile(
    r"""\b(authorization|[\w-]*(?:api[_-]?key|token|password|secret|signature))(["']?\s*[:=]\s*["']?)
        (?=[^\s"',}]*\d)[^\s"',}&]{8,}""",
    re.VERBOSE | re.IGNORECASE,
)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/:@]*:[^\s/@]+@", re.IGNORECASE)
_KNOWN_KEY = re.compile(r"\b(?:sk|pk|rk)-[\w-]{8,}")


def mask_number(number: str) -> str:
    """`+12313993815` becomes `+12***15`; what is not a number (`anonymous`, `web`) stays."""
    if any(character.isalpha() for character in number):
        return _NUMBER.sub(_masked, number)
    digits = [character for character in number if character.isdigit()]
    if len(digits) <= _SHORT_DIGITS:
        return number
    international = number.lstrip().startswith("+") and len(digits) > _SHORT_DIGITS + 2
    start = "+" + "".join(digits[:2]) if international else ""
    return f"{start}{HIDDEN}{''.join(digits[-2:])}"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the numbers in `text` and hide `secrets`, keys, passwords and authorisations."""
    for secret in secrets:
        if len(secret) >= _SHORT_SECRET:
            text = text.replace(secret, HIDDEN)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _KNOWN_KEY.sub(HIDDEN, text)
    return _NUMBER.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    return mask_number(re.sub("%2b", "+", match.group(), flags=re.IGNORECASE))
