from __future__ import annotations

from datetime import tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..interface import Clock


def current_time(
    zone: Annotated[str | None, "An IANA time zone such as Europe/Berlin; leave out for the time at home."] = None,
    *,
    clock: Clock,
    time_zone: tzinfo | None,
) -> dict[str, str]:
    """Tell the current date, weekday and time."""
    now = clock.wall().astimezone(_zone(zone) if zone else time_zone)
    return {
        "date": now.date().isoformat(),
        "weekday": now.strftime("%A"),
        "time": now.strftime("%H:%M"),
        "zone": now.tzname() or "",
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"There is no time zone {name!r}.") from None
