"""Twilio's own client against the carrier, in its own process: which version is PYTHONPATH's choice.

`python sdk_session.py URL ACCOUNT TOKEN FROM TO` prints one JSON object of what the SDK saw.
"""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any

import twilio
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class LabHttpClient(TwilioHttpClient):  # type: ignore[misc]  # 6.32 has no types
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._url), *args, **kwargs)


def refused(action: Any) -> int:
    try:
        action()
    except TwilioRestException as error:
        return int(error.code)
    return 0


def main(url: str, account: str, token: str, from_: str, to: str) -> dict[str, Any]:
    client = Client(account, token, http_client=LabHttpClient(url))
    stranger = Client(account, "wrong", http_client=LabHttpClient(url))
    call = client.calls.create(to=to, from_=from_, url="http://127.0.0.1:9/voice", status_callback_event=["answered"])
    second = client.calls.create(to=to, from_=from_, url="http://127.0.0.1:9/voice")
    ended = client.calls(call.sid).update(status="canceled")
    number = client.incoming_phone_numbers.list(phone_number=from_)[0]
    return {
        "version": twilio.__version__,
        "created": [call.status, call.direction, call.to, call.from_ if hasattr(call, "from_") else from_],
        "created_at": call.date_created.isoformat(),
        "ended": ended.status,
        "fetched": client.calls(call.sid).fetch().status,
        "listed": sorted(c.sid for c in client.calls.list(to=to, page_size=1)) == sorted([call.sid, second.sid]),
        "none_started": client.calls.list(start_time_after=datetime.datetime(2026, 1, 1)) == [],
        "number": [number.phone_number, number.voice_url],
        "pointed": client.incoming_phone_numbers(number.sid).update(voice_url="https://example.org/v").voice_url,
        "balance": client.api.account.balance.fetch().currency,
        "bad_to": refused(lambda: client.calls.create(to="+1abc", from_=from_, url="http://127.0.0.1:9/")),
        "bad_from": refused(lambda: client.calls.create(to=to, from_="+15005550009", url="http://127.0.0.1:9/")),
        "not_in_progress": refused(lambda: client.calls(call.sid).update(status="completed")),
        "unknown": refused(lambda: client.calls("CA" + "0" * 32).fetch()),
        "stranger": refused(lambda: stranger.calls(call.sid).fetch()),
        "deleted": client.calls(call.sid).delete(),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
