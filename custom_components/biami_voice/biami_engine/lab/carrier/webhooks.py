"""Signed requests to the server under test: voice webhooks that wait for TwiML, and status callbacks in their lane."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import aiohttp

from ...interface import Clock
from .account import CarrierRules, Faults
from .call import LabCall
from .signature import sign, signed_url

MAX_DELIVERIES = 20_000
"""What a daemon's carrier may remember in months; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """`status` 0: nobody answered."""

    status: int
    content_type: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivered request: what tests look at."""

    url: str
    method: str
    form: Mapping[str, str]
    signature: str
    idempotency_token: str
    status: int


@dataclass(slots=True)
class Webhooks:
    auth_token: str
    clock: Clock
    rules: CarrierRules
    faults: Faults
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=MAX_DELIVERIES))
    _session: aiohttp.ClientSession | None = None
    _held: dict[str, list[tuple[str, str, Mapping[str, str]]]] = field(default_factory=dict)
    _lanes: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(auto_decompress=True)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def request(self, url: str, method: str, form: Mapping[str, str], token: str = "") -> WebhookAnswer:
        """One signed request; redirects are not followed, silence and refusals are status 0."""
        assert self._session is not None
        token = token or str(uuid4())
        query = url + ("&" if urlsplit(url).query else "?") + urlencode(form) if method == "GET" else url
        fields = () if method == "GET" else form.items()
        secret = "wrong" if self.faults.bad_webhook_signature else self.auth_token
        headers = {
            "X-Twilio-Signature": sign(secret, signed_url(query), fields),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        timeout = aiohttp.ClientTimeout(total=self.rules.webhook_timeout_seconds)
        body = None if method == "GET" else dict(form)
        try:
            async with self._session.request(
                method, query, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = WebhookAnswer(response.status, response.content_type, await response.text())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            answer = WebhookAnswer(0)
        self.deliveries.append(Delivery(url, method, form, headers["X-Twilio-Signature"], token, answer.status))
        return answer

    def status_callback(self, call: LabCall, event: str) -> None:
        """Post an event of a call (initiated, ringing, answered, completed) where it was asked for; in order."""
        plan = call.plan.callbacks
        number, call.sequence = call.sequence, call.sequence + 1
        if plan.url and event in plan.events:
            self._enqueue(call, plan.url, plan.method, self._callback_form(call, event, number))

    def callback(self, call: LabCall, url: str, method: str, form: Mapping[str, str]) -> None:
        """Post something else about a call (AMD verdict, stream event) behind what is already in its lane."""
        if url:
            self._lane(call, [(url, method, form)])

    def _callback_form(self, call: LabCall, event: str, number: int) -> Mapping[str, str]:
        status = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}.get(event, call.status)
        form = dict(call.webhook_form(status))
        form["Timestamp"] = format_datetime(self.clock.wall())
        form["CallbackSource"] = "call-progress-events"
        form["SequenceNumber"] = str(number)
        if event == "completed":
            seconds = call.duration_seconds or 0
            form["CallDuration"] = str(seconds)
            form["Duration"] = str(-(-seconds // 60))
        return form

    def _enqueue(self, call: LabCall, url: str, method: str, form: Mapping[str, str]) -> None:
        if not self.faults.shuffle_callbacks:
            self._lane(call, [(url, method, form)])
            return
        held = self._held.setdefault(call.sid, [])
        held.append((url, method, form))
        if call.terminal:
            self._lane(call, list(reversed(self._held.pop(call.sid))))

    def _lane(self, call: LabCall, batch: list[tuple[str, str, Mapping[str, str]]]) -> None:
        before = self._lanes.get(call.sid)
        task = asyncio.create_task(self._deliver(before, batch))
        self._lanes[call.sid] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._leave(call.sid, done))

    def _leave(self, call_sid: str, done: asyncio.Task[None]) -> None:
        self._tasks.discard(done)
        if self._lanes.get(call_sid) is done:
            del self._lanes[call_sid]

    async def _deliver(
        self, before: asyncio.Task[None] | None, batch: list[tuple[str, str, Mapping[str, str]]]
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        if self.faults.delay_callbacks_seconds:
            await self.clock.sleep_until(self.clock.monotonic() + self.faults.delay_callbacks_seconds)
        for url, method, form in batch:
            token = str(uuid4())
            for _ in range(1 + self.faults.duplicate_callbacks):
                await self.request(url, method, form, token)

    async def settled(self, call_sid: str) -> None:
        """Return once every callback of a call has been delivered."""
        while (task := self._lanes.get(call_sid)) is not None:
            await asyncio.wait([task])
