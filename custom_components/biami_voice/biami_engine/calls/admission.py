"""How many calls the house takes and makes: at once, per minute, per hour."""

from __future__ import annotations

from collections import deque

from ..config import LimitsConfig
from ..errors import CallRefused

MINUTE = 60.0
HOUR = 3600.0


class Admission:
    """Counts calls that were placed; `now` is seconds on the engine's clock."""

    def __init__(self, limits: LimitsConfig) -> None:
        self.limits = limits
        self._placed: deque[float] = deque()

    def room(self, active: int) -> bool:
        """Whether one more call fits beside those that are active."""
        return active < self.limits.max_concurrent_calls

    def admit(self, active: int, now: float) -> None:
        """Count one more placed call; raises `CallRefused` where a limit is reached, and then counts nothing."""
        if not self.room(active):
            raise CallRefused(
                "too_many_calls", f"{active} calls are active already (limits.max_concurrent_calls); try again later"
            )
        while self._placed and now - self._placed[0] >= HOUR:
            self._placed.popleft()
        last_minute = sum(1 for at in self._placed if now - at < MINUTE)
        if last_minute >= self.limits.calls_per_minute:
            raise CallRefused("rate_limited", f"{last_minute} calls in the last minute (limits.calls_per_minute)")
        if len(self._placed) >= self.limits.calls_per_hour:
            raise CallRefused("rate_limited", f"{len(self._placed)} calls in the last hour (limits.calls_per_hour)")
        self._placed.append(now)
