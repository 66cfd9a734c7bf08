"""The telephone exchange: queues, rings, answers and ends calls, and runs their TwiML."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any
from xml.etree.ElementTree import Element

from ...interface import Clock
from .account import Alerts, CarrierRules, Faults, OwnedNumber, new_sid
from .call import CallbackPlan, CallPlan, LabCall
from .detection import detect
from .dialling import dial_on
from .line import Phone, PhoneLine
from .program import Fetch, Program
from .scopes import cancel, guarded
from .sounds import ToneVoice, Voice, key_tones, load_sound
from .stream import MediaStream, StreamHost, StreamPlan
from .webhooks import Webhooks

MAX_CALLS = 20_000
"""The oldest are forgotten: a daemon's carrier may live for months."""


class NoAnswer:
    """A phone that rings and rings."""

    async def attend(self, line: PhoneLine) -> None:
        return


class Exchange:
    """`phones` ring when their number is called; `default_phone` stands behind every other number."""

    def __init__(
        self, clock: Clock, account_sid: str, auth_token: str, rules: CarrierRules, voice: Voice | None = None
    ) -> None:
        self.clock = clock
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.rules = rules
        self.faults = Faults()
        self.alerts = Alerts()
        self.webhooks = Webhooks(auth_token, clock, rules, self.faults)
        self.voice: Voice = voice or ToneVoice()
        self.calls: dict[str, LabCall] = {}
        self.numbers: dict[str, OwnedNumber] = {}
        self.phones: dict[str, Phone] = {}
        self.default_phone: Phone = NoAnswer()
        self._next_start = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._with_audio: deque[LabCall] = deque()

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def new_call(
        self, direction: str, from_: str, to: str, plan: CallPlan, dialled: bool, parent: str | None = None
    ) -> LabCall:
        sid, now = new_sid("CA"), self.clock.wall()
        line = PhoneLine(sid, from_, to, self.clock, dialled)
        call = LabCall(sid, self.account_sid, direction, from_, to, plan, line, self.clock, now, now, parent_sid=parent)
        call.note("queued" if direction == "outbound-api" else "ringing")
        self.calls[sid] = call
        if len(self.calls) > MAX_CALLS:
            self._forget_call()
        return call

    def start_outbound(self, call: LabCall) -> None:
        self._own(self._outbound(call))

    def start_inbound(self, from_: str, number: OwnedNumber, phone: Phone) -> LabCall:
        """A phone dials one of the account's numbers."""
        callbacks = CallbackPlan(number.status_callback, number.status_callback_method)
        plan = CallPlan(url=number.voice_url, method=number.voice_method, callbacks=callbacks)
        call = self.new_call("inbound", from_, number.number, plan, dialled=True)
        call.number_sid, call.status = number.sid, "ringing"
        self._own(self._inbound(call, phone))
        return call

    def _own(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _outbound(self, call: LabCall) -> None:
        attending = None
        try:
            if await self._until_over(call, self._queue(call)):
                self.webhooks.status_callback(call, "initiated")
                call.note("initiated")
                phone = self.phones.get(call.to, self.default_phone)
                await self._until_over(call, self._wait(self.rules.post_dial_delay_seconds))
                if not call.over.done():
                    attending = asyncio.create_task(phone.attend(call.line))
                    await self.ring(call)
            if call.line.answered.is_set():
                await self._converse(call)
        finally:
            await self.finish(call, attending)

    async def _inbound(self, call: LabCall, phone: Phone) -> None:
        attending = asyncio.create_task(phone.attend(call.line))
        try:
            await self._converse(call)
        finally:
            await self.finish(call, attending)

    async def _queue(self, call: LabCall) -> None:
        """One call a second (Twilio: API limits); more of them wait their turn."""
        now = self.clock.monotonic()
        start = max(now, self._next_start)
        self._next_start = start + 1 / self.rules.calls_per_second
        call.queue_ms = round((start - now) * 1000)
        await self.clock.sleep_until(start)

    async def _wait(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.monotonic() + seconds)

    async def _until_over(self, call: LabCall, work: Coroutine[None, None, None]) -> bool:
        """Do `work` unless the call ends first; False where it did."""
        task = asyncio.create_task(work)
        try:
            first: set[asyncio.Future[Any]] = {task, call.over}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
        return not call.over.done()

    async def ring(self, call: LabCall) -> None:
        call.change("ringing")
        self.webhooks.status_callback(call, "ringing")
        await self._until_over(call, self._decision(call))
        if call.over.done():
            return
        decision = call.line.decision.result() if call.line.decision.done() else "no-answer"
        if decision == "answer":
            self.answer(call)
        else:
            call.end(decision)

    async def _decision(self, call: LabCall) -> None:
        timer = self.clock.call_at(self.clock.monotonic() + call.plan.ring_seconds, lambda: call.end("no-answer"))
        try:
            await asyncio.wait({call.line.decision})
        finally:
            timer.cancel()

    def answer(self, call: LabCall) -> None:
        """The call is up: sound flows and time counts. Answering twice is fine."""
        if call.answered_at is not None or call.over.done():
            return
        call.answered_at, call.started = self.clock.monotonic(), self.clock.wall()
        call.change("in-progress")
        call.line.answered.set()
        if call.direction != "inbound":
            self.webhooks.status_callback(call, "answered")

    async def _converse(self, call: LabCall) -> None:
        ticking = asyncio.create_task(guarded(call, self._tick_once_answered(call)))
        limit = self.clock.call_at(self.clock.monotonic() + call.plan.time_limit_seconds, call.end)
        detecting = asyncio.create_task(detect(call, self.webhooks))
        try:
            call.program = asyncio.create_task(guarded(call, self._first_document(call, detecting)))
            await asyncio.wait({call.over})
            self._conclude(call)
        finally:
            limit.cancel()
            await cancel(call.program, detecting, ticking)

    async def _tick_once_answered(self, call: LabCall) -> None:
        while not (call.line.answered.is_set() or call.line.hung_up.is_set()):
            done = [asyncio.create_task(event.wait()) for event in (call.line.answered, call.line.hung_up)]
            try:
                await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in done:
                    task.cancel()
        if call.line.answered.is_set():
            await call.tick_until_over()
        else:
            call.end("no-answer")

    async def _first_document(self, call: LabCall, detecting: asyncio.Task[None]) -> None:
        plan = call.plan
        if plan.send_digits:
            await self.send_digits(call)
        detection = plan.detection
        form = {}
        if detection.mode and not detection.asynchronous and not plan.send_digits:
            await asyncio.wait({detecting})
            form["AnsweredBy"] = call.answered_by or "unknown"
        await Program(call, self).run(Fetch(plan.url, plan.method, form) if plan.url else plan.twiml)

    async def send_digits(self, call: LabCall) -> None:
        await Program(call, self).play(key_tones(call.plan.send_digits))

    def redirect(self, call: LabCall, start: Fetch | str) -> None:
        """Replace the running TwiML; a stream of the old one gets its `stop` first."""
        old = call.program
        call.program = asyncio.create_task(guarded(call, self._after(old, call, start)))

    async def _after(self, old: asyncio.Task[None] | None, call: LabCall, start: Fetch | str) -> None:
        await cancel(old)
        await Program(call, self).run(start)

    def _conclude(self, call: LabCall) -> None:
        """The call is over from here on, for REST and callbacks too; its stream may take a moment longer to close."""
        if call.terminal:
            return
        status = call.over.result() if call.over.done() else "completed"
        if status == "completed" and call.answered_at is None:
            status = "no-answer" if call.direction == "inbound" else "canceled"
        call.end(status)
        call.ended = self.clock.wall()
        if call.answered_at is not None:
            call.duration_seconds = round(self.clock.monotonic() - call.answered_at)
        call.change(status)
        self.webhooks.status_callback(call, "completed")
        call.line.end(status)

    async def finish(self, call: LabCall, attending: asyncio.Task[None] | None) -> None:
        """The one end of every call."""
        self._conclude(call)
        call.gone.set()
        self._with_audio.append(call)
        if len(self._with_audio) > self.rules.keep_audio_of_calls:
            self._with_audio.popleft().forget_audio()
        await cancel(attending)
        if attending is not None and not attending.cancelled() and (error := attending.exception()) is not None:
            call.note(f"the phone broke: {error!r}")

    def open_stream(self, call: LabCall, plan: StreamPlan) -> MediaStream:
        stream = self.open_unattached_stream(call.sid, plan)
        call.streams.append(stream)
        return stream

    def open_unattached_stream(self, call_sid: str, plan: StreamPlan) -> MediaStream:
        host = StreamHost(self.account_sid, self.auth_token, call_sid, self.clock, self.faults, self.alerts)
        return MediaStream(plan, host)

    async def load_sound(self, url: str) -> bytes:
        return await load_sound(url)

    async def dial(self, call: LabCall, number: Element, dial: Element) -> LabCall:
        return await dial_on(self, call, number, dial)

    def _forget_call(self) -> None:
        oldest = next((call for call in self.calls.values() if call.gone.is_set()), None)
        if oldest is not None:
            del self.calls[oldest.sid]
