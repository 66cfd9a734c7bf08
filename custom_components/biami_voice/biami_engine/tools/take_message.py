from __future__ import annotations

from typing import Annotated

from ..interface import Urgency
from .ports import Caller, Messages

MAX_TEXT = 2000
MAX_NAME = 120


async def take_message(
    name: Annotated[str, "Who leaves the message."],
    text: Annotated[str, "The message, complete, in the caller's own sense."],
    number: Annotated[str | None, "Where to reach them; leave out for the number they call from."] = None,
    urgency: Annotated[Urgency, "urgent only where waiting until tomorrow would do harm."] = Urgency.NORMAL,
    *,
    messages: Messages,
    caller: Caller,
) -> dict[str, str]:
    """Take a message for the people of this house or firm. First read name, number and message back to the caller."""
    reached_at = (number or caller.number).strip()
    if not name.strip() or not text.strip():
        raise ValueError("Ask the caller for the name and the message.")
    if len(text) > MAX_TEXT or len(name) > MAX_NAME or len(reached_at) > MAX_NAME:
        raise ValueError(f"A message may have {MAX_TEXT} characters, a name {MAX_NAME}.")
    message_id = await messages.take(name.strip(), reached_at, text.strip(), urgency)
    return {"status": "taken", "message_id": message_id, "number": reached_at or "none: ask for one"}
