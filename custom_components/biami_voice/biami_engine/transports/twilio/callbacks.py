"""What Twilio's requests mean to a line, once their signature was checked; the web layer does HTTP around it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ...interface import AnsweredBy
from ...redaction import mask_number
from . import twiml
from .deadline import within
from .line import TwilioTransport
from .status import read_status

logger = logging.getLogger(__name__)

DECISION_SECONDS = 10.0
"""Twilio waits 15 s in all for the voice webhook (error 11200)."""
APOLOGY = "We are sorry, this call cannot be taken right now. Please try again later."

_DETECTED = {
    "human": AnsweredBy.HUMAN,
    "machine_start": AnsweredBy.VOICEMAIL,
    "machine_end_beep": AnsweredBy.VOICEMAIL,
    "machine_end_silence": AnsweredBy.VOICEMAIL,
    "machine_end_other": AnsweredBy.VOICEMAIL,
}


async def answer_voice(line: TwilioTransport, form: Mapping[str, str]) -> str:
    """TwiML for the voice webhook; whatever goes wrong becomes a sentence that the caller hears."""
    call_sid = form.get("CallSid", "")
    if not call_sid or line.on_incoming is None:
        return twiml.apologise(APOLOGY)
    leg = await line.take_call(call_sid, form.get("From", ""), form.get("To", ""))
    try:
        async with within(line.clock, DECISION_SECONDS):
            return await leg.decision()
    except TimeoutError:
        logger.error("%s: nobody decided about the call from %s in time", leg.call_id, mask_number(leg.from_))
        leg.lose("nobody decided about the call", at_carrier=True)
        return twiml.apologise(APOLOGY)


def take_status(line: TwilioTransport, form: Mapping[str, str], leg_id: str) -> None:
    """A status callback: duplicated, late and shuffled ones change nothing."""
    status = read_status(form.get("CallStatus", ""))
    call_sid = form.get("CallSid", "")
    if status is None or not call_sid:
        logger.warning("a status callback without a known status or CallSid was ignored")
        return
    leg = line.find_leg(leg_id, call_sid)
    if leg is None:
        line.spawn(line.reconciler.close_stray(leg_id, call_sid, status))
    elif line.learn_sid(leg, call_sid):
        leg.status_changed(status)
    else:
        logger.warning("%s: a status callback of another call was ignored", leg.call_id)


def answer_dialled(line: TwilioTransport, form: Mapping[str, str], leg_id: str) -> str:
    """The end of a transfer's `<Dial>`: TwiML for what follows."""
    leg = line.find_leg(leg_id, form.get("CallSid", ""))
    return twiml.hang_up() if leg is None else leg.dialled(form.get("DialCallStatus", "failed"))


def take_detection(line: TwilioTransport, form: Mapping[str, str], leg_id: str) -> None:
    """The verdict of asynchronous answering machine detection."""
    leg = line.find_leg(leg_id, form.get("CallSid", ""))
    if leg is not None:
        word = form.get("AnsweredBy", "")
        leg.answered_by(_DETECTED.get(word, AnsweredBy.UNKNOWN), greeting_over=word.startswith("machine_end"))
