"""When `response.create` may be sent: only one response of a conversation runs at a time.

Requests wait for the running response. A cancel before the server confirmed the response is a no-op there, so it is
kept and repeated when `response.created` comes.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

MAX_WAITING = 8


class _State(Enum):
    IDLE = "idle"
    ASKED = "asked"
    RUNNING = "running"


class ResponseQueue:
    """Says what to send now: `ask`, `created`, `done` and `refused` return a request to send, or None."""

    def __init__(self) -> None:
        self._state = _State.IDLE
        self._waiting: deque[str | None] = deque(maxlen=MAX_WAITING)
        self._asked: tuple[str | None] | None = None
        """What we sent last and is not over: the `created` that follows may be a response of the server's own."""
        self._cancel_when_created = False

    @property
    def idle(self) -> bool:
        return self._state is _State.IDLE

    def ask(self, instructions: str | None) -> tuple[str | None] | None:
        """Someone wants a response; returned as a tuple where it may be sent at once."""
        if self._state is not _State.IDLE:
            if instructions is not None or None not in self._waiting:
                self._waiting.append(instructions)
            return None
        return self._send(instructions)

    def created(self) -> bool:
        """The server started a response, ours or its own; True: cancel it now."""
        self._state = _State.RUNNING
        cancel, self._cancel_when_created = self._cancel_when_created, False
        return cancel

    def done(self) -> tuple[str | None] | None:
        """The running response is over; the next request, if one waits."""
        self._state = _State.IDLE
        self._asked = None
        self._cancel_when_created = False
        return self._send(self._waiting.popleft()) if self._waiting else None

    def refused(self) -> None:
        """`conversation_already_has_active_response`: the server was faster; ask again after its `response.done`."""
        if self._asked is not None:
            self._waiting.appendleft(self._asked[0])
            self._asked = None
            self._state = _State.RUNNING

    def cancel(self) -> bool:
        """Nothing more of it is wanted; True: `response.cancel` may be sent at once."""
        self._waiting.clear()
        if self._state is _State.ASKED:
            self._cancel_when_created = True
        return self._state is _State.RUNNING

    def _send(self, instructions: str | None) -> tuple[str | None]:
        self._state = _State.ASKED
        self._asked = (instructions,)
        return self._asked
