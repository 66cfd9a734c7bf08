"""Carrier and model on one clock: stamps sound on its way through the relay and times it, wire to wire.

Every caller frame is silence with one loud frame a second, every model delta likewise: the first loud sample that
arrives at the other side is the stamp, so that the same rig measures pass-through and transcoding. Interruptions are
timed from the model's `speech_started` on the wire to Twilio's `clear` on the wire.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import time
import xml.etree.ElementTree as Xml
from collections import deque
from dataclasses import dataclass, field

import aiohttp
import numpy as np
from aiohttp import web
from subject import ACCOUNT, NUMBER, TOKEN

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import from_samples, to_samples
from biami_engine.transports.twilio.signature import SIGNATURE_HEADER, compute_signature

FRAME_SECONDS = 0.02
LOUD = 8000
DELTA_MS = 200
SPEECH_SECONDS = 0.9
"""Of an interruption: long enough to be believed whatever was said (the core's guard against coughs)."""


def sound(format: AudioFormat, ms: float, loud: bool) -> str:
    """`ms` of silence or of a loud 1 kHz tone, as the wire's base64."""
    if not loud:
        return Audio.silence(format, ms).base64
    count = round(ms * format.rate_hz / 1000)
    wave = np.sin(np.arange(count) * 2 * np.pi * 1000 / format.rate_hz) * 16000
    return from_samples(format, wave).base64


def is_loud(format: AudioFormat, text: str, silent: str) -> bool:
    """`silent`: what silence of this length mostly looks like; looking at samples is dear."""
    if text == silent:
        return False
    samples = to_samples(Audio.from_base64(format, text)).astype(np.int32)
    return bool(np.abs(samples).max(initial=0) > LOUD)


@dataclass
class Results:
    to_model_ms: list[float] = field(default_factory=list)
    to_caller_ms: list[float] = field(default_factory=list)
    clear_ms: list[float] = field(default_factory=list)
    stale_bytes: int = 0
    lost_frames: int = 0
    frames: int = 0


@dataclass
class Call:
    """Both ends of one relayed call."""

    number: int
    results: Results
    model_format: AudioFormat
    caller_stamps: deque[float] = field(default_factory=deque)
    model_stamps: deque[float] = field(default_factory=deque)
    interrupted_at: float | None = None
    cleared_item: str | None = None
    unmarked_bytes: int = 0
    """Sound since the last mark: a mark names the item that it closes."""
    item: int = 0
    sent: int = 0
    received: int = 0
    model: web.WebSocketResponse | None = None
    quiet_up: bool = True
    quiet_down: bool = True


class Rig:
    def __init__(self, port: int, form: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.format = PCMU_8K if form == "pcmu" else PCM16_24K
        self.results = Results()
        self.calls: deque[Call] = deque()
        self.paired = asyncio.Semaphore(0)
        """Released when the model hears a call: it cannot tell which, so they must begin one after the other."""
        self.echoes: set[asyncio.Future[None]] = set()
        self._silence = sound(PCMU_8K, 20, False)
        self._silence_to_model = sound(self.format, 20, False)
        self._silence_to_caller = sound(PCMU_8K, DELTA_MS, False)
        self._loud = sound(PCMU_8K, 20, True)
        self._delta = sound(self.format, DELTA_MS, False)
        self._loud_delta = sound(self.format, DELTA_MS, True)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/realtime", self.serve_model),
            web.get("/2010-04-01/{rest:.*}", self.rest),
            web.post("/2010-04-01/{rest:.*}", self.rest),
        ]

    async def rest(self, request: web.Request) -> web.Response:
        """Just enough REST for a line that starts and hangs up."""
        if "/Calls/" in request.path:
            return web.json_response({"sid": request.path.split("/")[-1][:-5], "status": "completed"})
        return web.json_response({"incoming_phone_numbers": [], "calls": []})

    # --- the model's side ---

    async def serve_model(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=2**24)
        await socket.prepare(request)
        await socket.send_json({"type": "session.created", "session": {}})
        call: Call | None = None
        async for message in socket:
            text = message.data
            if "input_audio_buffer.append" in text[:40]:
                if call is None:
                    call = self.calls.popleft()
                    call.model = socket
                    self.paired.release()
                self.heard_by_model(call, text)
                continue
            event = json.loads(text)
            if event["type"] == "session.update":
                await socket.send_json({"type": "session.updated", "session": event["session"]})
        return socket

    def heard_by_model(self, call: Call, text: str) -> None:
        now = time.perf_counter()
        call.received += 1
        loud = is_loud(call.model_format, text[text.rindex('"', 0, -2) + 1 : -2], self._silence_to_model)
        if loud and call.quiet_up and call.caller_stamps:
            self.results.to_model_ms.append((now - call.caller_stamps.popleft()) * 1000)
        call.quiet_up = not loud

    async def speak(self, call: Call, seconds: float) -> None:
        """Responses of 3 s at five times real time; every third one is interrupted."""
        until = time.perf_counter() + seconds
        while call.model is None:
            await asyncio.sleep(0.01)
        turn = 0
        while time.perf_counter() < until - 4 and not call.model.closed:
            turn += 1
            call.item += 1
            item = f"item_{call.item}"
            response = {"type": "response.created", "response": {"id": f"resp_{call.item}", "status": "in_progress"}}
            await call.model.send_json(response)
            for number in range(15):
                loud = number % 5 == 2
                delta = self._loud_delta if loud else self._delta
                body = json.dumps({"type": "response.output_audio.delta", "item_id": item, "delta": delta})
                if loud:
                    call.model_stamps.append(time.perf_counter())
                await call.model.send_str(body)
                await asyncio.sleep(DELTA_MS / 1000 / 5)
            if turn % 3 == 0:
                call.interrupted_at = time.perf_counter()
                await call.model.send_json({"type": "input_audio_buffer.speech_started", "item_id": f"u{turn}"})
                await call.model.send_str(
                    json.dumps({"type": "response.output_audio.delta", "item_id": item, "delta": delta})
                )
                await asyncio.sleep(SPEECH_SECONDS)
                await call.model.send_json({"type": "input_audio_buffer.speech_stopped", "item_id": f"u{turn}"})
            done = {"type": "response.done", "response": {"id": f"resp_{call.item}", "status": "completed"}}
            await call.model.send_json(done)
            await asyncio.sleep(2.6)

    # --- the carrier's side ---

    async def run_call(self, session: aiohttp.ClientSession, number: int, seconds: float) -> None:
        sid = "CA" + secrets.token_hex(16)
        token, url = await self.webhook(session, sid)
        headers = {SIGNATURE_HEADER: compute_signature(TOKEN, url)}
        async with session.ws_connect(url, headers=headers, compress=0) as socket:
            call = Call(number, self.results, self.format)
            self.calls.append(call)
            stream = "MZ" + secrets.token_hex(16)
            await socket.send_json({"event": "connected", "protocol": "Call", "version": "1.0.0"})
            start = {
                "accountSid": ACCOUNT,
                "streamSid": stream,
                "callSid": sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": token,
            }
            await socket.send_json({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": stream})
            listening = asyncio.create_task(self.listen(call, socket, stream))
            speaking = asyncio.create_task(self.speak(call, seconds))
            await self.talk(call, socket, stream, seconds)
            await asyncio.sleep(0.2)
            speaking.cancel()
            self.results.lost_frames += call.sent - call.received
            await socket.close()
            listening.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)

    async def webhook(self, session: aiohttp.ClientSession, sid: str) -> tuple[dict[str, str], str]:
        form = {"CallSid": sid, "AccountSid": ACCOUNT, "From": "+12025550123", "To": NUMBER, "CallStatus": "ringing"}
        url = f"{self.base}/twilio/voice"
        async with session.post(
            url, data=form, headers={SIGNATURE_HEADER: compute_signature(TOKEN, url, list(form.items()))}
        ) as answer:
            document = Xml.fromstring(await answer.text())
        stream = document.find(".//Stream")
        assert stream is not None, Xml.tostring(document)
        return {p.get("name", ""): p.get("value", "") for p in stream}, stream.get("url", "")

    async def talk(self, call: Call, socket: aiohttp.ClientWebSocketResponse, stream: str, seconds: float) -> None:
        begin = time.perf_counter() + (call.number * 0.00137) % FRAME_SECONDS
        for number in range(int(seconds / FRAME_SECONDS)):
            delay = begin + number * FRAME_SECONDS - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            loud = number % 50 == 25
            if loud:
                call.caller_stamps.append(time.perf_counter())
            payload = self._loud if loud else self._silence
            await socket.send_str(
                f'{{"event":"media","sequenceNumber":"{number + 2}","media":{{"track":"inbound","chunk":"{number + 1}",'
                f'"timestamp":"{number * 20}","payload":"{payload}"}},"streamSid":"{stream}"}}'
            )
            call.sent += 1
            self.results.frames += 1

    async def listen(self, call: Call, socket: aiohttp.ClientWebSocketResponse, stream: str) -> None:
        async for message in socket:
            now = time.perf_counter()
            event = json.loads(message.data)
            if event["event"] == "media":
                payload = event["media"]["payload"]
                call.unmarked_bytes += len(base64.b64decode(payload))
                loud = is_loud(PCMU_8K, payload, self._silence_to_caller)
                if loud and call.quiet_down and call.model_stamps:
                    self.results.to_caller_ms.append((now - call.model_stamps.popleft()) * 1000)
                call.quiet_down = not loud
            elif event["event"] == "clear" and call.interrupted_at is not None:
                self.results.clear_ms.append((now - call.interrupted_at) * 1000)
                call.interrupted_at = None
                call.cleared_item = f"item_{call.item}"
                call.unmarked_bytes = 0
            elif event["event"] == "mark":
                if call.cleared_item is not None and call.cleared_item in re.split("[:~]", event["mark"]["name"]):
                    self.results.stale_bytes += call.unmarked_bytes
                call.unmarked_bytes = 0
                asyncio.get_running_loop().call_later(0.2, self.echo_mark, socket, event)

    def echo_mark(self, socket: aiohttp.ClientWebSocketResponse, event: dict[str, object]) -> None:
        if not socket.closed:
            echo = asyncio.ensure_future(socket.send_json({**event, "sequenceNumber": "1"}))
            self.echoes.add(echo)
            echo.add_done_callback(self.echoes.discard)
