"""What we add to a turn, wire to wire, beside a model that answers at once.

    python bench/turns/run.py [CALLS] [SECONDS]

first word   Twilio's `start` → first sound of the greeting at Twilio (the model was opened while it rang)
turn         the model's `speech_stopped` → our `response.create`, and its first delta → sound at Twilio, together
pause        `speech_started` while the agent speaks → `clear` at Twilio
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "relay"))

import aiohttp  # the relay's rig is a folder beside this one, not a package
from aiohttp import web
from rig import Call, Rig, sound
from run import free_port, quantile, running

from biami_engine.audio.frame import PCMU_8K

ANSWER_MS = 1500
SPEECH_SECONDS = 1.6
"""Longer than what is judged by its words (`turns.judge_up_to_ms`): a model that knows no words is not waited for."""


@dataclass
class Turns:
    first_word_ms: list[float] = field(default_factory=list)
    asked_ms: list[float] = field(default_factory=list)
    answered_ms: list[float] = field(default_factory=list)
    pause_ms: list[float] = field(default_factory=list)


class TurnRig(Rig):
    """The caller speaks in turns; each answer is interrupted after half a second, every second time."""

    def __init__(self) -> None:
        super().__init__(0, "pcmu")
        self.turns = Turns()
        self._answer = sound(PCMU_8K, ANSWER_MS, False)
        self._stopped: dict[int, float] = {}
        self._sent: dict[int, float] = {}
        self._started: dict[int, float] = {}
        self._asked: dict[int, asyncio.Event] = {}
        self._waiting: deque[tuple[web.WebSocketResponse, str]] = deque()

    async def serve_model(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=2**24)
        await socket.prepare(request)
        await socket.send_json({"type": "session.created", "session": {}})
        call: Call | None = None
        greeting = False
        async for message in socket:
            if "input_audio_buffer.append" in message.data[:40]:
                if call is None:
                    call = self.calls.popleft()
                    call.model = socket
                    if greeting:
                        await self.answer(call)
                continue
            event = json.loads(message.data)
            if event["type"] == "session.update":
                await socket.send_json({"type": "session.updated", "session": event["session"]})
            elif event["type"] == "response.create" and call is None:
                call = self.calls.popleft()
                call.model = socket
                await self.answer(call)
            elif event["type"] == "response.create":
                if (stopped := self._stopped.pop(call.number, None)) is not None:
                    self.turns.asked_ms.append((time.perf_counter() - stopped) * 1000)
                await self.answer(call)
        return socket

    async def answer(self, call: Call) -> None:
        assert call.model is not None
        call.item += 1
        name = f"{call.number}_{call.item}"
        await call.model.send_json({"type": "response.created", "response": {"id": name, "status": "in_progress"}})
        self._sent[call.number] = time.perf_counter()
        delta = {"type": "response.output_audio.delta", "item_id": name, "delta": self._answer}
        await call.model.send_str(json.dumps(delta))
        await call.model.send_json({"type": "response.output_audio.done", "item_id": name})
        await call.model.send_json({"type": "response.done", "response": {"id": name, "status": "completed"}})
        self._asked.setdefault(call.number, asyncio.Event()).set()

    async def speak(self, call: Call, seconds: float) -> None:
        until = time.perf_counter() + seconds
        self._started[call.number] = time.perf_counter()
        turn = 0
        while call.model is None and time.perf_counter() < until:
            await asyncio.sleep(0.01)
        while time.perf_counter() < until - 4 and call.model is not None and not call.model.closed:
            turn += 1
            interrupts = turn % 2 == 0
            await asyncio.sleep(0.5 if interrupts else ANSWER_MS / 1000 + 0.5)
            if interrupts:
                call.interrupted_at = time.perf_counter()
            await call.model.send_json({"type": "input_audio_buffer.speech_started", "item_id": f"u{turn}"})
            await asyncio.sleep(SPEECH_SECONDS)
            asked = self._asked[call.number] = asyncio.Event()
            self._stopped[call.number] = time.perf_counter()
            await call.model.send_json({"type": "input_audio_buffer.speech_stopped", "item_id": f"u{turn}"})
            async with asyncio.timeout(5):
                await asked.wait()

    async def listen(self, call: Call, socket: aiohttp.ClientWebSocketResponse, stream: str) -> None:
        async for message in socket:
            now = time.perf_counter()
            event = json.loads(message.data)
            if event["event"] == "media" and (sent := self._sent.pop(call.number, None)) is not None:
                if (started := self._started.pop(call.number, None)) is not None:
                    self.turns.first_word_ms.append((now - started) * 1000)
                else:
                    self.turns.answered_ms.append((now - sent) * 1000)
            elif event["event"] == "clear" and call.interrupted_at is not None:
                self.turns.pause_ms.append((now - call.interrupted_at) * 1000)
                call.interrupted_at = None
            elif event["event"] == "mark":
                asyncio.get_running_loop().call_later(ANSWER_MS / 1000, self.echo_mark, socket, event)


async def measure(calls: int, seconds: float) -> Turns:
    rig = TurnRig()
    app = web.Application()
    app.add_routes(rig.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    rig.base = f"http://127.0.0.1:{port}"
    begin = running("say_first", port, f"http://127.0.0.1:{runner.addresses[0][1]}", "pcmu")
    await asyncio.to_thread(begin.__enter__)
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await rig.run_call(session, 0, 5)
            rig.turns = Turns()
            await asyncio.gather(*(staggered(rig, session, number, seconds) for number in range(1, calls + 1)))
    finally:
        await asyncio.to_thread(begin.__exit__, None, None, None)
        await runner.cleanup()
    return rig.turns


async def staggered(rig: TurnRig, session: aiohttp.ClientSession, number: int, seconds: float) -> None:
    await asyncio.sleep(number * 0.137)
    await rig.run_call(session, number, seconds)


def row(name: str, values: list[float]) -> str:
    p50, p95, worst = quantile(values, 0.5), quantile(values, 0.95), max(values, default=float("nan"))
    return f"{name:12} {len(values):5} {p50:8.2f} {p95:8.2f} {worst:8.2f}"


async def main(calls: int, seconds: float) -> None:
    turns = await measure(calls, seconds)
    ours = [
        asked + answered for asked, answered in zip(sorted(turns.asked_ms), sorted(turns.answered_ms), strict=False)
    ]
    print(f"{calls} calls        n      p50      p95      max   ms")
    print(row("first word", turns.first_word_ms))
    print(row("turn", ours))
    print(row("pause", turns.pause_ms))


if __name__ == "__main__":
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    given = [float(argument) for argument in sys.argv[1:]]
    asyncio.run(main(int(given[0]) if given else 10, given[1] if len(given) > 1 else 30.0))
