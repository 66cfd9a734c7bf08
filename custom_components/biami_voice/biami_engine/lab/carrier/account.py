"""What a Twilio account is to the lab: credentials, owned numbers, rules, and the faults somebody wants to see."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


def new_sid(prefix: str) -> str:
    """Twilio ids: two letters and 32 hex digits (Twilio: SID)."""
    return prefix + secrets.token_hex(16)


@dataclass(slots=True)
class OwnedNumber:
    """A Twilio number of this account and where its calls are sent (IncomingPhoneNumbers)."""

    number: str
    voice_url: str = ""
    voice_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    sid: str = field(default_factory=lambda: new_sid("PN"))


@dataclass(frozen=True, slots=True)
class Alert:
    """One line of Twilio's debugger: a code of its error dictionary, the call it belongs to, and the story."""

    code: int
    call_sid: str
    text: str


class Alerts(list[Alert]):
    """The debugger's last 10,000 lines."""

    def append(self, alert: Alert) -> None:
        super().append(alert)
        del self[:-10_000]


@dataclass(frozen=True, slots=True)
class CarrierRules:
    """Limits of a real account. Calls over `calls_per_second` wait in the queue, none is refused."""

    calls_per_second: float = 1.0
    post_dial_delay_seconds: float = 0.4
    """From `initiated` to the first ring."""
    webhook_timeout_seconds: float = 15.0
    """Real seconds, also where the lab's clock runs faster: the server under test does not."""
    keep_audio_of_calls: int = 64
    """What older ended calls said and heard is forgotten."""


@dataclass(slots=True)
class Faults:
    """What the network does wrong on purpose; may be changed at any time."""

    duplicate_callbacks: int = 0
    """How many more times each status callback is delivered, with the same `I-Twilio-Idempotency-Token`."""
    shuffle_callbacks: bool = False
    """Status callbacks wait for the last one and are then delivered last first."""
    delay_callbacks_seconds: float = 0.0
    bad_webhook_signature: bool = False
    bad_media_signature: bool = False
    wrong_stream_sid: bool = False
    """Media messages carry another stream's id."""
    hold_create_answer_seconds: float = 0.0
    """The answer to `POST Calls` comes so late that the call may already be answered."""
