"""Twilio's REST API: the SDK's `Client.request` with our own form fields, in threads of its own.

`calls.create` of twilio 6.32 (Home Assistant's pin) knows neither Twiml nor TimeLimit, and no version has a base URL;
the raw request works in both and lets `api_url` stand in for Twilio. The SDK takes a quarter of a second to import, ten
times that from a cold disk: `warm_up` does it in a thread, before the first call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from ...config import TwilioLine
from ...errors import TransportError

if TYPE_CHECKING:
    from twilio.rest import Client

REQUEST_TIMEOUT_SECONDS = 10.0
THREADS = 4
PAGE_SIZE = 50
MAX_PAGES = 10

SENTENCES = {
    20003: "Twilio does not accept the account SID and auth token",
    20404: "Twilio does not know this call or number",
    20429: "Twilio is receiving too many requests from this account",
    21210: "the calling number is not verified or not owned by this account",
    21211: "Twilio says the number to call is not valid",
    21212: "Twilio says the calling number is not valid",
    21214: "the number cannot be reached",
    21215: "this account has no permission to call that country",
    21216: "this account may not call that number",
    21217: "Twilio says the number to call seems invalid",
    21219: "a trial account may call verified numbers only",
    21220: "the call is not in a state that allows this",
    10002: "a trial account may not do this",
    10004: "the account has reached its number of concurrent calls",
}
"""What codes of Twilio's error dictionary mean, for people."""

Form = Mapping[str, str | Sequence[str]]


class CallNotInProgress(TransportError):
    """Twilio's 21220: the call is not in the state that the change needs."""


class ResultUnknown(TransportError):
    """The request left and no usable answer came back: it may or may not have been carried out."""


class CallResource(msgspec.Struct):
    sid: str
    status: str
    to: str = ""
    from_: str = msgspec.field(default="", name="from")
    direction: str = ""
    date_created: str | None = None

    @property
    def created_at(self) -> datetime | None:
        """Twilio's dates are RFC 2822 with whole seconds."""
        try:
            return parsedate_to_datetime(self.date_created) if self.date_created else None
        except ValueError:
            return None


class _CallPage(msgspec.Struct):
    calls: list[CallResource]
    next_page_uri: str | None = None


class _Error(msgspec.Struct):
    code: int | None = None
    message: str = ""


T = TypeVar("T")


class TwilioRest:
    """One account's REST client. Idempotent requests may be repeated by callers; `create_call` never is."""

    def __init__(self, line: TwilioLine) -> None:
        self._line = line
        self._client: Client | None = None
        self._lock = Lock()
        """So that threads that start together make one client."""
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix=f"twilio-{line.name}")

    async def warm_up(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._load)

    async def create_call(self, form: Form) -> CallResource:
        """`ResultUnknown` means that the phone may be ringing: there is no idempotency key, so nobody may retry."""
        return await self._ask("POST", self._path("Calls.json"), CallResource, form)

    async def fetch_call(self, call_sid: str) -> CallResource:
        return await self._ask("GET", self._path(f"Calls/{call_sid}.json"), CallResource)

    async def update_call(self, call_sid: str, form: Form) -> CallResource:
        return await self._ask("POST", self._path(f"Calls/{call_sid}.json"), CallResource, form)

    async def list_calls(self, to: str, from_: str, since: datetime) -> list[CallResource]:
        """Calls of this pair that were created at or after `since`, newest first.

        Filtered here: `StartTime` knows days only, and a call that still rings has none."""
        query = {"To": to, "From": from_, "PageSize": str(PAGE_SIZE)}
        page = await self._ask("GET", self._path("Calls.json"), _CallPage, query=query)
        calls = _created_since(page.calls, since)
        for _ in range(MAX_PAGES - 1):
            if not page.next_page_uri or len(_created_since(page.calls, since)) < len(page.calls):
                break
            page = await self._ask("GET", page.next_page_uri, _CallPage)
            calls += _created_since(page.calls, since)
        return calls

    def close(self) -> None:
        """Requests still on their way finish in their threads and are forgotten."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.http_client.session.close()

    def _path(self, resource: str) -> str:
        return f"/2010-04-01/Accounts/{self._line.account_sid}/{resource}"

    async def _ask(
        self, method: str, path: str, kind: type[T], form: Form | None = None, query: Form | None = None
    ) -> T:
        loop = asyncio.get_running_loop()
        status, text = await loop.run_in_executor(self._executor, self._request, method, path, form, query)
        if status >= 400:
            raise _refusal(status, text)
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            raise ResultUnknown(f"Twilio's answer could not be read: {error}", status=status) from error

    def _load(self) -> Client:
        """In an executor thread: imports the SDK, and its TwiML generator for the first webhook."""
        with self._lock:
            if self._client is None:
                self._client = _create_client(self._line)
            return self._client

    def _request(self, method: str, path: str, form: Form | None, query: Form | None) -> tuple[int, str]:
        """In an executor thread: the SDK's client blocks."""
        client = self._load()
        parts = urlsplit(self._line.api_url)
        try:
            answer = client.request(
                method,
                f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{path}",
                params=None if query is None else dict(query),
                data=None if form is None else dict(form),
                timeout=REQUEST_TIMEOUT_SECONDS,
            )
        except OSError as error:  # every exception of `requests` is one
            raise _failure(error, parts.netloc) from error
        return answer.status_code, answer.text


def _create_client(line: TwilioLine) -> Client:
    import twilio.twiml.voice_response  # noqa: F401  # twiml.py needs it in the event loop
    from twilio.rest import Client

    # The SDK logs whole forms at INFO: phone numbers in clear.
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
    # A region or edge of the environment would rewrite the host; an empty mapping would mean os.environ.
    return Client(line.account_sid, line.auth_token, environment={"TWILIO_ACCOUNT_SID": line.account_sid})


def _created_since(calls: list[CallResource], since: datetime) -> list[CallResource]:
    return [call for call in calls if call.created_at is not None and call.created_at >= since]


def _failure(error: OSError, host: str) -> TransportError:
    """A connection that was never made is a plain failure; after that, nobody knows what Twilio did."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return TransportError(f"no connection to {host}")
    return ResultUnknown(f"no answer from {host}: {type(error).__name__}")


def _refusal(status: int, text: str) -> TransportError:
    try:
        told = msgspec.json.decode(text, type=_Error)
    except msgspec.DecodeError:
        told = _Error()
    sentence = SENTENCES.get(told.code or 0) or told.message or f"Twilio answered HTTP {status}"
    if told.code == 21220:
        return CallNotInProgress(sentence, told.code, status)
    if status >= 500:
        return ResultUnknown(sentence, told.code, status)
    return TransportError(sentence, told.code, status)
