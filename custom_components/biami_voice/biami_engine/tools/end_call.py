from __future__ import annotations

from typing import Annotated


async def end_call(reason: Annotated[str, "Why the call is over, in a few words."] = "") -> dict[str, str]:
    """End the call. Say goodbye first; the call ends once your last words were heard."""
    return {"status": "ending"}
