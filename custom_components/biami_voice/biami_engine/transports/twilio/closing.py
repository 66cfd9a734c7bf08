"""Ending a call at the carrier and being sure of it: repeating is harmless here, so it is repeated until confirmed."""

from __future__ import annotations

import logging

from ...errors import TransportError
from ...interface import CallStatus, Clock
from .rest import CallNotInProgress, ResultUnknown, TwilioRest
from .status import read_status

logger = logging.getLogger(__name__)

TRIES = 6
FIRST_PAUSE_SECONDS = 0.5
NOT_FOUND = 404


async def close_call(rest: TwilioRest, clock: Clock, call_sid: str, ringing: bool = False) -> bool:
    """True once the call is over at the carrier; False where that could not be learnt in half a minute.

    A ringing call is `canceled`, any other `completed` (Twilio: `Status`); in between it may change from one to the
    other, which Twilio answers with 21220."""
    pause = FIRST_PAUSE_SECONDS
    for _ in range(TRIES):
        try:
            if await _try_to_close(rest, call_sid, ringing):
                return True
            ringing = not ringing
        except TransportError as error:
            if error.status == NOT_FOUND:
                return True
            if not _may_pass(error):
                logger.error("call %s could not be ended at the carrier: %s", call_sid, error)
                return False
        await clock.sleep_until(clock.monotonic() + pause)
        pause *= 2
    logger.error("call %s could not be ended at the carrier; its time limit will", call_sid)
    return False


async def _try_to_close(rest: TwilioRest, call_sid: str, ringing: bool) -> bool:
    wanted = CallStatus.CANCELED if ringing else CallStatus.COMPLETED
    try:
        call = await rest.update_call(call_sid, {"Status": wanted.value})
    except CallNotInProgress:
        call = await rest.fetch_call(call_sid)
    status = read_status(call.status)
    return status is not None and status.terminal


def _may_pass(error: TransportError) -> bool:
    """No connection, no answer, too many requests: worth another try; a refusal is not."""
    return isinstance(error, ResultUnknown) or error.status is None or error.status == 429
