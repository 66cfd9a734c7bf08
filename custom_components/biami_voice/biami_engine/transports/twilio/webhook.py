"""Where a Twilio number sends its calls: show it, point it at us, and notice that it points elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ...config import TwilioLine
from ...errors import NotFound
from ...redaction import mask_number
from .forms import STATUS_PATH, VOICE_PATH
from .rest import NumberResource, TwilioRest


@dataclass(frozen=True, slots=True)
class WebhookState:
    """`voice_url` is what the number has, `wanted_url` what `public_url` asks for (empty where none is set)."""

    line: str
    number: str
    voice_url: str
    status_callback: str
    wanted_url: str

    @property
    def matches(self) -> bool:
        return bool(self.wanted_url) and self.voice_url == self.wanted_url


async def show(line: TwilioLine, public_url: str) -> WebhookState:
    """Ask Twilio; raises `NotFound` where the account does not own the number, or `TransportError`."""
    rest = TwilioRest(line)
    try:
        return _state(line, await _number(rest, line), public_url)
    finally:
        rest.close()


async def set(line: TwilioLine, public_url: str) -> WebhookState:
    """Point the number's calls and their status callbacks at `public_url`."""
    rest = TwilioRest(line)
    try:
        number = await _number(rest, line)
        form = {
            "VoiceUrl": public_url + VOICE_PATH,
            "VoiceMethod": "POST",
            "StatusCallback": public_url + STATUS_PATH,
            "StatusCallbackMethod": "POST",
        }
        return _state(line, await rest.update_number(number.sid, form), public_url)
    finally:
        rest.close()


async def warning(rest: TwilioRest, line: TwilioLine, public_url: str) -> str:
    """One sentence where the number's calls go elsewhere (a tunnel got a new address), else nothing."""
    state = _state(line, await _number(rest, line), public_url)
    if state.matches:
        return ""
    return (
        f"line {line.name}: the number {mask_number(line.number)} sends its calls to {state.voice_url or 'nowhere'}, "
        f"but this engine is at {state.wanted_url}; to point it here: biami-voice webhook set"
    )


async def _number(rest: TwilioRest, line: TwilioLine) -> NumberResource:
    number = await rest.find_number(line.number)
    if number is None:
        raise NotFound(f"the Twilio account of line {line.name} does not own the number {line.number}")
    return number


def _state(line: TwilioLine, number: NumberResource, public_url: str) -> WebhookState:
    wanted = public_url + VOICE_PATH if public_url else ""
    return WebhookState(line.name, line.number, number.voice_url or "", number.status_callback or "", wanted)
