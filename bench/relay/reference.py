"""The plain row beside ours: a bare relay from aiohttp to websockets, no engine, µ-law passed through.

It is what one writes first: parse JSON, hand the payload on, clear at `speech_started`. It checks no signature, knows
no turns and forgets what was heard. `python bench/relay/reference.py PORT MODEL_URL …`, as subject.py.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import WSMsgType, web
from websockets.asyncio.client import ClientConnection, connect


class Relay:
    def __init__(self, port: int, model: str) -> None:
        self._stream_url = f"ws://127.0.0.1:{port}/twilio/media"
        self._model_url = model.replace("http", "ws", 1) + "/realtime"

    async def voice(self, request: web.Request) -> web.Response:
        document = f'<Response><Connect><Stream url="{self._stream_url}"/></Connect></Response>'
        return web.Response(text=document, content_type="text/xml")

    async def media(self, request: web.Request) -> web.WebSocketResponse:
        phone = web.WebSocketResponse(compress=False)
        await phone.prepare(request)
        async with connect(self._model_url, compression=None, max_size=2**24) as model:
            await model.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
            answering: asyncio.Task[None] | None = None
            async for message in phone:
                event = json.loads(message.data) if message.type is WSMsgType.TEXT else {"event": ""}
                if event["event"] == "start":
                    answering = asyncio.create_task(self.answer(phone, model, event["streamSid"]))
                elif event["event"] == "media":
                    await model.send(
                        json.dumps({"type": "input_audio_buffer.append", "audio": event["media"]["payload"]})
                    )
            if answering is not None:
                answering.cancel()
        return phone

    async def answer(self, phone: web.WebSocketResponse, model: ClientConnection, sid: str) -> None:
        async for text in model:
            event = json.loads(text)
            if event["type"] == "response.output_audio.delta":
                await phone.send_json({"event": "media", "streamSid": sid, "media": {"payload": event["delta"]}})
                await phone.send_json({"event": "mark", "streamSid": sid, "mark": {"name": event["item_id"]}})
            elif event["type"] == "input_audio_buffer.speech_started":
                await phone.send_json({"event": "clear", "streamSid": sid})


async def serve(port: int, model: str) -> None:
    relay = Relay(port, model)
    app = web.Application()
    app.add_routes([web.post("/twilio/voice", relay.voice), web.get("/twilio/media", relay.media)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
