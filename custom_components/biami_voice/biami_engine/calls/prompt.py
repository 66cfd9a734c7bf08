"""A context's prompt with its variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..config import ContextConfig
from ..errors import CallRefused

_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def render(text: str, variables: Mapping[str, str]) -> str:
    """Fill `{name}`; raises `CallRefused` naming every variable that has no value."""
    missing = sorted({name for name in _VARIABLE.findall(text) if name not in variables})
    if missing:
        raise CallRefused("unknown_variable", f"the prompt needs a value for: {', '.join(missing)}")
    return _VARIABLE.sub(lambda match: variables[match.group(1)], text)


def render_leniently(text: str, variables: Mapping[str, str]) -> str:
    """The same for a call that is ringing already: what is unknown is left out."""
    return _VARIABLE.sub(lambda match: variables.get(match.group(1), ""), text)


def unknown_in(context: ContextConfig, variables: Mapping[str, str]) -> list[str]:
    """The variables of its texts that have no value."""
    used = _VARIABLE.findall(f"{context.prompt} {context.first_sentence}")
    return sorted({name for name in used if name not in variables})
