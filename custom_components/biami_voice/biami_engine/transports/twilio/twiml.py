"""The TwiML documents we answer with, by Twilio's own generator, which escapes what callers control."""

from __future__ import annotations

from ...interface import RejectReason
from .tokens import PARAMETER_NAME

RING_SECONDS = 25
"""So long a person to whom a caller is passed on may take to answer."""
CONTENT_TYPE = "text/xml"


def connect_stream(stream_url: str, token: str, digits: str = "") -> str:
    """Hand the call to the media stream, after sending `digits` where given. Nothing follows `<Connect>`, so the call
    is hung up by Twilio when the stream closes."""
    from twilio.twiml.voice_response import Connect, VoiceResponse

    response = VoiceResponse()
    if digits:
        response.play(digits=digits)
    connect = Connect()
    stream = connect.stream(url=stream_url)
    stream.parameter(name=PARAMETER_NAME, value=token)
    response.append(connect)
    return str(response)


def dial(number: str, caller_id: str, action: str) -> str:
    """Ring `number` and connect the caller; afterwards Twilio asks `action` how to go on."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    dialling = response.dial(caller_id=caller_id, action=action, method="POST", timeout=RING_SECONDS)
    dialling.number(number)
    return str(response)


def reject(reason: RejectReason) -> str:
    """`<Reject>` is not billed and works for a ringing incoming call only."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.reject(reason="busy" if reason is RejectReason.BUSY else "rejected")
    return str(response)


def hang_up() -> str:
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.hangup()
    return str(response)


def apologise(sentence: str, language: str = "en-US") -> str:
    """Say one sentence in Twilio's voice and hang up: what a caller hears when our side failed."""
    from twilio.twiml.voice_response import VoiceResponse

    response = VoiceResponse()
    response.say(sentence, language=language)
    response.hangup()
    return str(response)
