"""What a call amounted to, in the words of `interface.Outcome`."""

from __future__ import annotations

from ..interface import AnsweredBy, Direction, EndReason, Outcome

_UNANSWERED = {
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
    "rejected": Outcome.REJECTED,
}

_MACHINES = {
    AnsweredBy.VOICEMAIL: Outcome.VOICEMAIL_NO_MESSAGE,
    AnsweredBy.NO_MESSAGE: Outcome.VOICEMAIL_NO_MESSAGE,
    AnsweredBy.SCREENING: Outcome.SCREENED,
}

_ANSWERED = {
    EndReason.BACKEND_ERROR: Outcome.FAILED,
    EndReason.CARRIER_ERROR: Outcome.PARTIALLY_COMPLETED,
    EndReason.SHUTDOWN: Outcome.PARTIALLY_COMPLETED,
    EndReason.MAX_DURATION: Outcome.PARTIALLY_COMPLETED,
    EndReason.ABSOLUTE_SILENCE: Outcome.PARTIALLY_COMPLETED,
    EndReason.TRANSFER: Outcome.TRANSFERRED,
    EndReason.BUDGET: Outcome.BUDGET_REACHED,
}


def outcome_of(
    direction: Direction,
    answered: bool,
    answered_by: AnsweredBy,
    cause: str,
    reason: EndReason,
    message_left: bool = False,
) -> Outcome:
    """`cause` is the terminal call status of the first leg where it was never answered."""
    if answered:
        if message_left:
            return Outcome.VOICEMAIL_LEFT
        if answered_by in _MACHINES:
            return _MACHINES[answered_by]
        return _ANSWERED.get(reason, Outcome.COMPLETED)
    if cause in _UNANSWERED:
        return _UNANSWERED[cause]
    if reason in (EndReason.BACKEND_ERROR, EndReason.CARRIER_ERROR):
        return Outcome.FAILED
    missed = direction is Direction.INBOUND and reason is EndReason.CALLER_HANGUP
    return Outcome.NO_ANSWER if missed else Outcome.CANCELLED
