"""A call's status as the carrier tells it: callbacks may be duplicated, late or shuffled (Twilio: `StatusCallback`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from ...interface import CallStatus

MAX_REMEMBERED = 2000

_ORDER = {CallStatus.QUEUED: 0, CallStatus.RINGING: 1, CallStatus.IN_PROGRESS: 2}


def read_status(word: str) -> CallStatus | None:
    """Twilio's word; callbacks know `initiated` besides (the carrier took the call: still queued to us)."""
    if word == "initiated":
        return CallStatus.QUEUED
    try:
        return CallStatus(word)
    except ValueError:
        return None


class StatusTracker:
    """Only ever forward; a terminal state is never left."""

    def __init__(self) -> None:
        self.status = CallStatus.QUEUED

    def advance(self, status: CallStatus) -> bool:
        """True where this is news."""
        if self.status.terminal or (not status.terminal and _ORDER[status] <= _ORDER[self.status]):
            return False
        self.status = status
        return True


class SeenBefore:
    """The last `MAX_REMEMBERED` keys (`I-Twilio-Idempotency-Token`: retries carry the token of the first try)."""

    def __init__(self) -> None:
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def __call__(self, key: Hashable) -> bool:
        """Whether the key was asked about before; it is remembered either way."""
        if key in self._keys:
            return True
        self._keys[key] = None
        if len(self._keys) > MAX_REMEMBERED:
            self._keys.popitem(last=False)
        return False
