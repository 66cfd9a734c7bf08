from __future__ import annotations

import re
from typing import Annotated

from .ports import CallControl

# Twilio's <Play digits> takes these and w for half a second; 32 keys is a long card number with pauses.
DIGITS = re.compile(r"[0-9A-D*#wW]{1,32}")


async def send_dtmf(
    digits: Annotated[str, "Keys to press, for example 1 or 42#. w waits half a second, W a whole second."],
    *,
    call: CallControl,
) -> dict[str, str]:
    """Press telephone keys on the line, for example to choose from a spoken menu."""
    if not DIGITS.fullmatch(digits):
        raise ValueError("Only the keys 0-9, A-D, * and #, and w or W as a pause can be pressed, at most 32.")
    call.send_dtmf(digits)
    return {"pressed": digits}
