from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from ..interface import Clock
from .ports import Callbacks, Caller
from .slots import local_time

FURTHEST_DAYS = 60
MAX_REASON = 500


async def schedule_callback(
    due: Annotated[datetime, "The local date and time to call back, such as 2026-01-31T14:30."],
    reason: Annotated[str, "What the call will be about."],
    *,
    callbacks: Callbacks,
    caller: Caller,
    clock: Clock,
    time_zone: tzinfo | None,
) -> dict[str, str]:
    """Promise to call the caller back, at the number they call from. First read the time back to the caller."""
    if not caller.number:
        raise ValueError("This caller has no number that could be called back. Ask for one and take a message.")
    if not reason.strip() or len(reason) > MAX_REASON:
        raise ValueError(f"Say what the call will be about, in at most {MAX_REASON} characters.")
    now, due_at = clock.wall(), local_time(due, time_zone)
    if not now < due_at <= now + timedelta(days=FURTHEST_DAYS):
        local = now.astimezone(time_zone)
        raise ValueError(f"Choose a time from now ({local:%A %Y-%m-%d %H:%M}) to {FURTHEST_DAYS} days ahead.")
    callback_id = await callbacks.schedule(due_at, reason.strip())
    return {"status": "scheduled", "callback_id": callback_id, "due": f"{due:%A %Y-%m-%d %H:%M}"}
