"""People beside a running daemon: subscribers who can be called, and a desk that lets somebody call.

`POST /lab/calls` takes `{"to": number, "from"?: number, "say"?: text}` or `{"to": number, "script": […]}` and answers
201 with the call's `sid`. It wants `application/json`, which no foreign web page can send unasked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import voluptuous as vol
from aiohttp import web

from ..speech import Voices
from .carrier import LabCarrier
from .phones import ScriptedPhone, Step
from .phones.steps import script, text
from .source import read_checked
from .voice import LabVoice

ANYBODY = "anybody"
"""Who answers every number that is not in the file."""
CALLER = "+14155550123"
NUMBER = vol.Match(r"^\+[1-9]\d{6,14}$", msg='must be a number in quotes, like "+12025550123"')
SUBSCRIBERS = vol.Schema({vol.Any(ANYBODY, NUMBER): script})
CALL = vol.Schema(
    {
        vol.Required("to"): NUMBER,
        vol.Optional("from", default=CALLER): NUMBER,
        vol.Optional("say", default="Hello, what can you do?"): text,
        vol.Optional("script"): script,
    }
)
FRIENDLY = script(
    [
        {"answer": {"after": 2}},
        {"say": "Hello?"},
        "wait_for_agent",
        {"say": "All right, thank you for the call. Goodbye."},
        "hang_up",
    ]
)


class Town:
    """Give `routes` to the carrier's `start`; `stop` after the carrier's."""

    def __init__(self, carrier: LabCarrier, file: Path | None = None) -> None:
        """`file` has numbers and their scripts; raises `ConfigError` with file and line."""
        self._carrier = carrier
        self._voices = Voices()
        self._voice = LabVoice(self._voices.speaker)
        self._folder = file.parent if file is not None else Path()
        self.routes = [web.post("/lab/calls", self._call)]
        people: Mapping[str, list[Step]] = {} if file is None else read_checked(file, SUBSCRIBERS)
        for number, steps in {ANYBODY: FRIENDLY, **people}.items():
            if number == ANYBODY:
                carrier.default_phone = self._phone(steps)
            else:
                carrier.phones[number] = self._phone(steps)

    async def stop(self) -> None:
        await self._voices.close()

    def _phone(self, steps: list[Step]) -> ScriptedPhone:
        return ScriptedPhone(steps, self._voice, self._folder)

    async def _call(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _refused(415, "send application/json")
        try:
            wanted = CALL(await request.json())
        except (vol.Invalid, json.JSONDecodeError, UnicodeDecodeError) as error:
            return _refused(400, str(error))
        if wanted["to"] not in self._carrier.numbers:
            return _refused(404, f"no line has the number {wanted['to']}")
        phone = self._phone(wanted.get("script") or _conversation(wanted["say"]))
        await phone.prepare()
        call = await self._carrier.call(wanted["from"], wanted["to"], phone)
        return web.json_response({"sid": call.sid, "from": call.from_, "to": call.to}, status=201)


def _conversation(words: str) -> list[Step]:
    steps: list[Any] = ["wait_for_agent", {"say": words}, "wait_for_agent", {"say": "Thank you. Goodbye."}, "hang_up"]
    return script(steps)


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
