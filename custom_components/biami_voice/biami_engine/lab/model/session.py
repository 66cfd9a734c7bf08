"""One session as a state machine: client events in, server events out; no socket, no clock (`now` is an argument)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...audio.frame import Audio, AudioFormat
from .answers import Ask, Mind
from .client_events import check
from .conversation import Conversation
from .ear import Ear, Edge
from .response import Response, next_deadline
from .settings import Settings
from .shapes import Refused

SESSION_SECONDS = 3600
DEFAULT_SPEED = 8.0
"""How much faster than real time audio comes, as the true server's does."""

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Render:
    """Speak this and give it to `rendered`; in `format`."""

    response_id: str
    text: str
    format: AudioFormat


Out = Event | Render


class ModelSession:
    """Every method returns what must be done, in order."""

    def __init__(self, model: str, mind: Mind, expires_at: int = 0, speed: float = DEFAULT_SPEED) -> None:
        self.settings = Settings("sess_1", model, expires_at)
        self.conversation = Conversation()
        self._mind = mind
        self._speed = speed
        self._out: list[Out] = []
        self._numbers = itertools.count(1)
        self._ear = Ear(self.settings.input_format, self.settings.turn_detection)
        self._turn_item: str | None = None
        self._responses: dict[str, Response] = {}
        self._now = 0.0
        self._handlers: dict[str, Callable[[Event], None]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "output_audio_buffer.clear": self._clear_output,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve,
            "conversation.item.delete": self._delete,
            "conversation.item.truncate": self._truncate,
            "response.create": self._create_response,
            "response.cancel": self._cancel,
        }

    # --- in ---

    def start(self) -> list[Out]:
        self._emit("session.created", session=self.settings.shown())
        return self._take()

    def receive(self, event: Any, now: float) -> list[Out]:
        """One client event, as parsed from JSON; what is wrong with it becomes an `error` event."""
        self._now = now
        try:
            kind = check(event)
            self._handlers[kind](event)
        except Refused as refused:
            self._error(refused, event.get("event_id") if isinstance(event, Mapping) else None)
        return self._take()

    def refuse(self, refused: Refused) -> list[Out]:
        """What came was no event at all."""
        self._error(refused, None)
        return self._take()

    def rendered(self, response_id: str, audio: Audio, now: float) -> list[Out]:
        """The sound of a response is there; it may have been cancelled meanwhile."""
        response = self._responses.get(response_id)
        if response is not None:
            response.begin_audio(audio, now)
        return self.tick(now)

    def tick(self, now: float) -> list[Out]:
        """`next_deadline` was reached."""
        self._now = now
        for response in list(self._responses.values()):
            response.tick(now, self._speed)
        self._forget_done()
        return self._take()

    @property
    def next_deadline(self) -> float | None:
        return next_deadline(iter(self._responses.values()))

    # --- session and input ---

    def _update(self, event: Event) -> None:
        before = (self.settings.input_format, self.settings.turn_detection)
        self.settings.update(event["session"])
        after = (self.settings.input_format, self.settings.turn_detection)
        if after != before:
            self._ear.configure(*after)
        self._emit("session.updated", session=self.settings.shown())

    def _append(self, event: Event) -> None:
        for edge in self._ear.append(event["audio"]):
            self._heard(edge)

    def _heard(self, edge: Edge) -> None:
        detection = self.settings.turn_detection or {}
        if edge.kind == "started":
            self._turn_item = self._new_id("item")
            self._emit("input_audio_buffer.speech_started", audio_start_ms=edge.at_ms, item_id=self._turn_item)
            active = self._active()
            if active is not None and detection["interrupt_response"]:
                active.cancel("turn_detected")
                self._forget_done()
        elif self._turn_item is not None:
            self._emit("input_audio_buffer.speech_stopped", audio_end_ms=edge.at_ms, item_id=self._turn_item)
            self._committed(self._turn_item, self._ear.clear())
            self._turn_item = None
            if detection["create_response"] and self._active() is None:
                self._respond({})

    def _commit(self, event: Event) -> None:
        taken = self._ear.commit()
        self._committed(self._turn_item or self._new_id("item"), taken)
        self._turn_item = None

    def _committed(self, item_id: str, audio_ms: float) -> None:
        content: dict[str, Any] = {"type": "input_audio", "transcript": None}
        item = {"id": item_id, "type": "message", "status": "completed", "role": "user", "content": [content]}
        before = self.conversation.add(item)
        self.conversation.audio_ms[item_id] = audio_ms
        self._emit("input_audio_buffer.committed", previous_item_id=before, item_id=item_id)
        self._emit("conversation.item.added", previous_item_id=before, item=_shown(item))
        self._emit("conversation.item.done", previous_item_id=before, item=_shown(item))
        if self.settings.transcribes:
            content["transcript"] = f"(speech, {audio_ms / 1000:.1f} s)"
            self._emit(
                "conversation.item.input_audio_transcription.completed",
                item_id=item_id,
                content_index=0,
                transcript=content["transcript"],
                usage={"type": "duration", "seconds": round(audio_ms / 1000, 3)},
            )

    def _clear(self, event: Event) -> None:
        self._ear.clear()
        self._emit("input_audio_buffer.cleared")

    def _clear_output(self, event: Event) -> None:
        raise Refused("invalid_value", "The output audio buffer exists only with WebRTC and SIP.", "type")

    # --- items ---

    def _create_item(self, event: Event) -> None:
        item = {"id": self._new_id("item"), "status": "completed", **event["item"]}
        before = self.conversation.add(item, event.get("previous_item_id"))
        self._emit("conversation.item.added", previous_item_id=before, item=_shown(item))
        self._emit("conversation.item.done", previous_item_id=before, item=_shown(item))

    def _retrieve(self, event: Event) -> None:
        self._emit("conversation.item.retrieved", item=_shown(self.conversation.get(event["item_id"])))

    def _delete(self, event: Event) -> None:
        self.conversation.delete(event["item_id"])
        self._emit("conversation.item.deleted", item_id=event["item_id"])

    def _truncate(self, event: Event) -> None:
        where = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
        self.conversation.truncate(**where)
        self._emit("conversation.item.truncated", **where)

    # --- responses ---

    def _create_response(self, event: Event) -> None:
        wanted = event.get("response", {})
        active = self._active()
        if active is not None and wanted.get("conversation") != "none":
            raise Refused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id}. "
                "Wait until the response is finished before creating a new one.",
            )
        self._respond(wanted)

    def _respond(self, wanted: Mapping[str, Any]) -> None:
        session = self.settings.body
        in_band = wanted.get("conversation") != "none"
        instructions = wanted.get("instructions", session["instructions"])
        ask = Ask(instructions, wanted.get("input", self.conversation.items), wanted.get("tools", session["tools"]))
        output = self.settings.shown()["audio"]["output"]
        body = {
            "object": "realtime.response",
            "id": self._new_id("resp"),
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": "conv_1" if in_band else None,
            "output_modalities": wanted.get("output_modalities", session["output_modalities"]),
            "max_output_tokens": wanted.get("max_output_tokens", session["max_output_tokens"]),
            "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
            "usage": None,
            "metadata": wanted.get("metadata"),
            "instructions": instructions,
        }
        response = Response(body, self._mind.answer(ask), self.conversation, in_band, self._emit, self._new_id)
        self._responses[response.id] = response
        response.start()
        if response.speaks:
            self._out.append(Render(response.id, response.reply.text, self.settings.output_format))
        self._forget_done()

    def _cancel(self, event: Event) -> None:
        wanted = event.get("response_id")
        response = self._responses.get(wanted) if wanted is not None else self._active()
        if response is None:
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
        response.cancel("client_cancelled")
        self._forget_done()

    def _active(self) -> Response | None:
        return next((response for response in self._responses.values() if response.in_band), None)

    def _forget_done(self) -> None:
        self._responses = {key: response for key, response in self._responses.items() if not response.done}

    # --- out ---

    def _emit(self, type: str, **fields: Any) -> None:
        self._out.append({"type": type, "event_id": self._new_id("event"), **fields})

    def _error(self, refused: Refused, event_id: str | None) -> None:
        error = {
            "type": "invalid_request_error",
            "code": refused.code,
            "message": str(refused),
            "param": refused.param,
            "event_id": event_id,
        }
        self._emit("error", error=error)

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers):04d}"

    def _take(self) -> list[Out]:
        out, self._out = self._out, []
        return out


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "content": [dict(part) for part in item["content"]]} if "content" in item else dict(item)


def expiry(wall_seconds: float) -> int:
    return math.floor(wall_seconds) + SESSION_SECONDS
