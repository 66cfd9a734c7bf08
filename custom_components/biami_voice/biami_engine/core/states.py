"""The states of a call and the only ways between them.

RINGING  the phone rings, ours or theirs; the backend is being opened already, so that the first word comes at once
LIVE     a party answered; audio flows along the routes
ENDING   the end is decided: last words are heard, then every leg is hung up and the backend closed
ENDED    `EndCall` was given; nothing follows
"""

from __future__ import annotations

from enum import Enum


class CallState(Enum):
    RINGING = "ringing"
    LIVE = "live"
    ENDING = "ending"
    ENDED = "ended"


TRANSITIONS: dict[CallState, frozenset[CallState]] = {
    CallState.RINGING: frozenset({CallState.LIVE, CallState.ENDING}),
    CallState.LIVE: frozenset({CallState.ENDING}),
    CallState.ENDING: frozenset({CallState.ENDED}),
    CallState.ENDED: frozenset(),
}
"""Answered: RINGING → LIVE. Hang-up, refusal, loss, limit: RINGING or LIVE → ENDING. All legs gone: ENDING → ENDED."""


def change(present: CallState, to: CallState) -> CallState:
    """The new state; a change that the table does not know is our own bug."""
    if to not in TRANSITIONS[present]:
        raise AssertionError(f"no way from {present.name} to {to.name}")
    return to
