"""Running TwiML: one verb after the other, documents fetched as they are named, until nothing is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from .account import Alert, Alerts
from .call import TERMINAL, LabCall
from .sounds import Clip, Voice, key_tones
from .stream import MediaStream, StreamPlan
from .twiml import TwimlError, parse, read_stream, schema_warnings
from .webhooks import Webhooks

TWIML_TYPES = {"text/xml", "application/xml", "text/html"}
SILENT_ANSWER_VERBS = {"Reject", "Pause", "Redirect"}
"""An incoming call keeps ringing while only these have run."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A document to get next. `form` is added to the call's own parameters."""

    url: str
    method: str = "POST"
    form: Mapping[str, str] = field(default_factory=dict)


class Exchange(Protocol):
    """What running TwiML needs of the carrier."""

    webhooks: Webhooks
    alerts: Alerts
    voice: Voice

    def answer(self, call: LabCall) -> None: ...
    def open_stream(self, call: LabCall, plan: StreamPlan) -> MediaStream: ...
    async def dial(self, call: LabCall, number: Element, dial: Element) -> LabCall: ...
    async def load_sound(self, url: str) -> bytes: ...


class HungUp(Exception):
    """`<Hangup>`, `<Reject>`, or nothing left to do: the status the call ends with."""


class Program:
    def __init__(self, call: LabCall, exchange: Exchange) -> None:
        self._call = call
        self._exchange = exchange
        self._base_url = ""
        self._fallback_used = False
        self._verbs: Mapping[str, Callable[[Element], Awaitable[Fetch | None]]] = {
            "Connect": self._connect,
            "Say": self._say,
            "Play": self._play,
            "Pause": self._pause,
            "Gather": self._gather,
            "Dial": self._dial,
            "Redirect": self._redirect,
            "Hangup": self._hang_up,
            "Reject": self._reject,
        }

    async def run(self, start: Fetch | str) -> None:
        """Run a document or what a URL answers; at its end the call is over."""
        status = "completed"
        step: Fetch | str | None = start
        try:
            while step is not None:
                document = step if isinstance(step, str) else await self._get(step)
                step = await self._document(document)
        except HungUp as ending:
            status = str(ending)
        finally:
            self._call.source = self._call.sink = self._call.on_key = None
        self._call.end(status)

    async def _get(self, fetch: Fetch) -> str:
        self._base_url = fetch.url
        form = self._call.webhook_form(**fetch.form)
        answer = await self._exchange.webhooks.request(fetch.url, fetch.method, form)
        if answer.status == 200 and answer.content_type in TWIML_TYPES:
            return answer.body
        if answer.status == 200:
            self._alert(12300, f"content type {answer.content_type}")
        else:
            self._alert(11200, f"{fetch.url} answered {answer.status or 'nothing'}")
        return await self._fall_back()

    async def _fall_back(self) -> str:
        plan = self._call.plan
        if plan.fallback_url and not self._fallback_used:
            self._fallback_used = True
            return await self._get(Fetch(plan.fallback_url))
        return "<Response><Say>We are sorry, an application error has occurred. Goodbye.</Say></Response>"

    async def _document(self, document: str) -> Fetch | None:
        try:
            root = parse(document)
        except TwimlError as error:
            self._alert(error.code, str(error))
            root = parse(await self._fall_back())
        for warning in schema_warnings(root, self._call.sid):
            self._exchange.alerts.append(warning)
        for element in root:
            verb = self._verbs.get(element.tag)
            if verb is None:
                continue
            if element.tag not in SILENT_ANSWER_VERBS:
                self._exchange.answer(self._call)
            if (following := await verb(element)) is not None:
                return following
        return None

    async def _connect(self, element: Element) -> Fetch | None:
        stream_element = element.find("Stream")
        if stream_element is None:
            self._alert(12200, "<Connect> without <Stream>")
            return None
        try:
            plan = read_stream(stream_element, self._base_url)
        except TwimlError as error:
            self._alert(error.code, str(error))
            return self._action(element)
        stream = self._exchange.open_stream(self._call, plan)
        await self._live(stream)
        return self._action(element)

    async def _live(self, stream: MediaStream) -> None:
        call = self._call

        def started() -> None:
            call.source, call.sink, call.on_key = stream, stream.send_frame, stream.send_key
            call.note("stream started")
            self._stream_event(stream, "stream-started")

        try:
            await stream.run(started)
        finally:
            call.source = call.sink = call.on_key = None
            call.note("stream stopped" if stream.started else "stream refused")
            self._stream_event(stream, "stream-stopped" if stream.started else "stream-error")

    def _stream_event(self, stream: MediaStream, event: str) -> None:
        form = {
            "AccountSid": self._call.account_sid,
            "CallSid": self._call.sid,
            "StreamSid": stream.sid,
            "StreamName": stream.plan.name or stream.sid,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(),
        }
        if event == "stream-error":
            form["StreamError"] = "Stream - WebSocket - Handshake Error"
        plan = stream.plan
        self._exchange.webhooks.callback(self._call, plan.status_callback, plan.status_callback_method, form)

    async def _say(self, element: Element) -> Fetch | None:
        await self.play(await self._exchange.voice.speak("".join(element.itertext()).strip()))
        return None

    async def _play(self, element: Element) -> Fetch | None:
        digits = element.get("digits")
        if digits is not None:
            await self.play(key_tones(digits))
        else:
            url = urljoin(self._base_url, (element.text or "").strip())
            await self.play(await self._exchange.load_sound(url))
        return None

    async def play(self, audio: bytes) -> None:
        """Let the phone hear this to its end."""
        clip = Clip(audio)
        self._call.source = clip
        try:
            await clip.done.wait()
        finally:
            self._call.source = None

    async def _pause(self, element: Element) -> Fetch | None:
        clock = self._call.clock
        await clock.sleep_until(clock.monotonic() + float(element.get("length", "1")))
        return None

    async def _gather(self, element: Element) -> Fetch | None:
        digits = await self._collect(element)
        if not digits and element.get("actionOnEmptyResult") != "true":
            return None
        return self._action(element, {"Digits": digits}) or Fetch(self._base_url, "POST", {"Digits": digits})

    async def _collect(self, element: Element) -> str:
        """Keys pressed during the nested verbs and, after each, for `timeout` more seconds."""
        call = self._call
        finish, wanted = element.get("finishOnKey", "#"), int(element.get("numDigits", "0"))
        keys: asyncio.Queue[str] = asyncio.Queue()
        call.on_key = keys.put_nowait
        prompt = asyncio.create_task(self._prompts(element))
        digits = ""
        try:
            while not wanted or len(digits) < wanted:
                key = await self._next_key(keys, prompt, float(element.get("timeout", "5")))
                prompt.cancel()
                if not key or key == finish:
                    break
                digits += key
        finally:
            prompt.cancel()
            call.on_key = call.source = None
        return digits

    async def _prompts(self, element: Element) -> None:
        for child in element:
            if child.tag in {"Say", "Play", "Pause"}:
                await self._verbs[child.tag](child)

    async def _next_key(self, keys: asyncio.Queue[str], prompt: asyncio.Task[None], seconds: float) -> str:
        clock = self._call.clock
        getter = asyncio.create_task(keys.get())
        await asyncio.wait({getter, prompt}, return_when=asyncio.FIRST_COMPLETED)
        sleeper = asyncio.create_task(clock.sleep_until(clock.monotonic() + seconds))
        try:
            await asyncio.wait({getter, sleeper}, return_when=asyncio.FIRST_COMPLETED)
            return getter.result() if getter.done() else ""
        finally:
            sleeper.cancel()
            getter.cancel()

    async def _dial(self, element: Element) -> Fetch | None:
        number = element.find("Number")
        if number is None:
            number = Element("Number")
            number.text = (element.text or "").strip()
        child = await self._exchange.dial(self._call, number, element)
        status = "completed" if child.status in {"in-progress", "completed"} else child.status
        bridged = "false" if child.answered_at is None else "true"
        form = {"DialCallStatus": status, "DialCallSid": child.sid, "DialBridged": bridged}
        if child.duration_seconds is not None:
            form["DialCallDuration"] = str(child.duration_seconds)
        return self._action(element, form)

    async def _redirect(self, element: Element) -> Fetch | None:
        url = urljoin(self._base_url, (element.text or "").strip())
        return Fetch(url, element.get("method", "POST"))

    async def _hang_up(self, element: Element) -> Fetch | None:
        raise HungUp("completed")

    async def _reject(self, element: Element) -> Fetch | None:
        if self._call.status == "in-progress":
            self._alert(12200, "<Reject> after the call was answered")
            raise HungUp("completed")
        raise HungUp("busy" if element.get("reason") == "busy" else "no-answer")

    def _action(self, element: Element, form: Mapping[str, str] | None = None) -> Fetch | None:
        action = element.get("action")
        if action is None or self._call.status in TERMINAL:
            return None
        return Fetch(urljoin(self._base_url, action), element.get("method", "POST"), form or {})

    def _alert(self, code: int, text: str) -> None:
        self._exchange.alerts.append(Alert(code, self._call.sid, text))
