"""What a network or an attacker does to a media stream, by the words of a script's `network` step."""

from __future__ import annotations

from .carrier import LabCall, LabCarrier

OVERSIZED_CHARACTERS = 4_000_000


async def break_network(carrier: LabCarrier, call: LabCall, fault: str) -> int | None:
    """Do it to the call's open stream; a replay answers with the code the server closed it with, 0 for a refusal."""
    if fault == "replay_token":
        replayed = await carrier.replay_stream(call.streams[-1], call.sid)
        return replayed.close_code if replayed.started else 0
    stream = call.stream
    if stream is None:
        return None
    if fault == "drop_stream":
        stream.cut()
    elif fault in {"stall", "resume"}:
        stream.stall(fault == "stall")
    else:
        stream.send_raw(_message(fault))
    return None


def _message(fault: str) -> str | bytes:
    if fault == "garbage":
        return '{"event": "media", "media": '
    if fault == "binary":
        return bytes(range(256))
    if fault == "oversized":
        return '{"event":"media","media":{"payload":"' + "/" * OVERSIZED_CHARACTERS + '"}}'
    if fault == "unknown_event":
        return '{"event":"weather","sequenceNumber":"1","weather":{"sky":"blue"}}'
    return '{"event":"media","streamSid":"MZ00000000000000000000000000000000","media":{"payload":"gICA"}}'
