"""What to do when a mind is lost in a call: each step once, then the call ends with an apology."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ..config import FailoverConfig


@dataclass(frozen=True, slots=True)
class Step:
    """Go on with another session: of the same backend (`name` None) or of another one."""

    name: str | None


class Failover:
    """The steps that are left."""

    __slots__ = ("_reconnects", "_spare")

    def __init__(self, config: FailoverConfig) -> None:
        self._reconnects = config.reconnects
        self._spare = deque(config.backends)

    def next(self, retriable: bool) -> Step | None:
        """Another try of the same backend is worth it only where the loss may pass."""
        if retriable and self._reconnects > 0:
            self._reconnects -= 1
            return Step(None)
        if self._spare:
            self._reconnects = 0
            return Step(self._spare.popleft())
        return None
