from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated


async def transfer_call(
    contact: Annotated[str, "The name of the person or department, never a telephone number."],
    *,
    contacts: Sequence[str],
) -> dict[str, str]:
    """Pass the caller on to a person or department of this house or firm, by name. First say that you do so."""
    wanted = _folded(contact)
    exact = [name for name in contacts if _folded(name) == wanted]
    found = exact or [name for name in contacts if wanted and set(wanted.split()) <= set(_folded(name).split())]
    if len(found) == 1:
        return {"status": "transferring", "contact": found[0]}
    names = ", ".join(found or contacts)
    if found:
        raise ValueError(f"Several are called {contact!r}: {names}. Ask which one is meant.")
    raise ValueError(f"Nobody here is called {contact!r}. A call can be passed on to: {names}.")


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
