"""Answering machine detection: waits for what a phone turns out to be, and tells."""

from __future__ import annotations

from .call import LabCall
from .webhooks import Webhooks


async def detect(call: LabCall, webhooks: Webhooks) -> None:
    """Notes the verdict in the call, and posts it where detection is asynchronous. Ignored with `SendDigits`."""
    detection, clock = call.plan.detection, call.clock
    if not detection.mode or call.plan.send_digits:
        return
    begin = clock.monotonic()
    early = detection.mode == "Enable"

    def suitable() -> list[str]:
        return [verdict for verdict in call.line.verdicts if early or verdict != "machine_start"]

    await call.line.until(lambda: bool(suitable()), detection.timeout_seconds)
    call.answered_by = suitable()[0] if suitable() else "unknown"
    if detection.asynchronous:
        form = {
            "CallSid": call.sid,
            "AccountSid": call.account_sid,
            "AnsweredBy": call.answered_by,
            "MachineDetectionDuration": str(round((clock.monotonic() - begin) * 1000)),
        }
        webhooks.callback(call, detection.callback_url, detection.callback_method, form)
