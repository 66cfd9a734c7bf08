"""What setting up and checking a Twilio number needs of Twilio's REST API (Twilio: Call resource): three requests.

The engine's own client is for calls and loads the SDK, which takes a second; this one serves commands.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from biami_engine.config import TwilioLine
from biami_engine.config_schema.values import is_loopback
from biami_engine.errors import TransportError

TIMEOUT_SECONDS = 10.0
VOICE_PATH = "/twilio/voice"
STATUS_PATH = "/api/outbound/status-callback"


@dataclass(frozen=True, slots=True)
class TwilioNumber:
    """A number of the account and where its calls go; `voice_url` is empty where nobody takes them."""

    sid: str
    number: str
    voice_url: str
    voice_method: str

    def points_to(self, public_url: str) -> bool:
        return self.voice_url == voice_url(public_url) and self.voice_method.upper() == "POST"


class TwilioAccount:
    """Blocking; every failure is a `TransportError` that a person understands."""

    def __init__(self, line: TwilioLine) -> None:
        self._base = f"{line.api_url}/2010-04-01/Accounts/{line.account_sid}"
        credentials = base64.b64encode(f"{line.account_sid}:{line.auth_token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        # Twilio may be behind the machine's proxy, a simulator on loopback is not.
        here = is_loopback(urlsplit(line.api_url).hostname or "")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if here else None))
        self._host = urlsplit(line.api_url).netloc

    def balance(self) -> tuple[float, str]:
        """Amount and currency; the cheapest request that proves the credentials."""
        answer = self._ask("/Balance.json")
        return float(answer.get("balance", 0.0)), str(answer.get("currency", ""))

    def find_number(self, number: str) -> TwilioNumber | None:
        answer = self._ask(f"/IncomingPhoneNumbers.json?{urlencode({'PhoneNumber': number})}")
        found = [_number(entry) for entry in answer.get("incoming_phone_numbers", [])]
        return next((entry for entry in found if entry.number == number), None)

    def point_number(self, sid: str, public_url: str) -> TwilioNumber:
        """Send the number's calls to the daemon at `public_url`."""
        form = {
            "VoiceUrl": voice_url(public_url),
            "VoiceMethod": "POST",
            "StatusCallback": public_url + STATUS_PATH,
            "StatusCallbackMethod": "POST",
        }
        return _number(self._ask(f"/IncomingPhoneNumbers/{sid}.json", form))

    def _ask(self, path: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        body = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self._base + path, body, self._headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, error.read()) from None
        except OSError as error:
            raise TransportError(f"{self._host} cannot be reached: {getattr(error, 'reason', error)}") from None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise TransportError(f"what answers at {self._host} is not Twilio's API")
        return answer


def voice_url(public_url: str) -> str:
    return public_url + VOICE_PATH


def _number(entry: Mapping[str, Any]) -> TwilioNumber:
    return TwilioNumber(
        str(entry.get("sid", "")),
        str(entry.get("phone_number", "")),
        str(entry.get("voice_url") or ""),
        str(entry.get("voice_method") or "POST"),
    )


def _refusal(status: int, text: bytes) -> TransportError:
    try:
        told = json.loads(text)
        code, message = int(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        return TransportError(f"Twilio answered HTTP {status}", status=status)
    if code == 20003:  # Twilio: authentication failed
        message = "Twilio does not accept the account_sid and auth_token"
    return TransportError(message, code, status)
