"""One session as a state machine: client events in, server events out; no socket, no clock (`now` is an argument)."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from ...audio.frame import Audio
from .answers import Ask, Mind, Reply
from .client_events import check
from .conversation import Cache, Conversation
from .ear import Ear, Edge
from .faults import ModelFaults, chattered
from .models import check_takes
from .orders import EXPIRED, SESSION_SECONDS, Close, Event, Hearing, Out, Render, inarticulate
from .response import Response, next_deadline
from .settings import Settings
from .shapes import Refused

DEFAULT_SPEED = 8.0
"""How much faster than real time audio comes, as the true server's does."""


class ModelSession:
    """Every method returns what must be done, in order. `spoken` are all its responses, for judges."""

    def __init__(
        self,
        model: str,
        mind: Mind,
        expires_at: int = 0,
        speed: float = DEFAULT_SPEED,
        faults: ModelFaults | None = None,
        hearing: Hearing = inarticulate,
        lasts_seconds: float = SESSION_SECONDS,
    ) -> None:
        self.settings = Settings("sess_1", model, expires_at)
        self.conversation = Conversation()
        self.faults = faults or ModelFaults()
        self.spoken: list[Response] = []
        self.truncated: dict[str, tuple[float, int]] = {}
        """By item: when it was truncated, and where (ms)."""
        self.errors: list[str] = []
        self._mind = mind
        self._speed = speed
        self._hearing = hearing
        self._lasts_seconds = lasts_seconds
        self._heard = ""
        self._cache = Cache()
        self._out: list[Out] = []
        self._numbers = itertools.count(1)
        self._ear = Ear(self.settings.input_format, self.settings.turn_detection)
        self._turn: tuple[str, int] | None = None
        self._responses: dict[str, Response] = {}
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._idle_at: float | None = None
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

    def start(self, now: float = 0.0) -> list[Out]:
        self._now = now
        self._in(self._lasts_seconds, lambda: self._out.append(Close(1001, EXPIRED)))
        self._emit("session.created", session=self.settings.shown())
        return self._take()

    def receive(self, event: Any, now: float) -> list[Out]:
        """One client event, as parsed from JSON; what is wrong with it becomes an `error` event."""
        self._now = now
        try:
            kind = check(event)
            unknown = self.faults.unknown_in(event)
            if unknown is not None:
                raise Refused("unknown_parameter", f"Unknown parameter: '{unknown}'.", unknown)
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
        self._now = now
        response = self._responses.get(response_id)
        if response is not None:
            slow = self.faults.slow
            if slow is not None and slow.response == response.number:
                self.faults.struck_at.append(now)
                self._in(slow.seconds, lambda: response.begin_audio(audio, self._now))
            else:
                response.begin_audio(audio, now)
        return self.tick(now)

    def tick(self, now: float) -> list[Out]:
        """`next_deadline` was reached."""
        self._now = now
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        if self._idle_at is not None and now >= self._idle_at:
            self._idle()
        for response in list(self._responses.values()):
            response.tick(now, self._speed)
            self._break_off(response)
        self._forget_done()
        return self._take()

    @property
    def next_deadline(self) -> float | None:
        due = [next_deadline(iter(self._responses.values())), self._idle_at]
        due += [at for at, _, _ in self._later[:1]]
        return min((at for at in due if at is not None), default=None)

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self._now + seconds, next(self._numbers), act))

    def _break_off(self, response: Response) -> None:
        fault = self.faults.disconnect
        if fault is not None and fault.response == response.number and response.sent_ms >= max(fault.after_ms, 1.0):
            self.faults.disconnect = None
            self.faults.struck_at.append(self._now)
            self._out.append(Close())

    # --- session and input ---

    def _update(self, event: Event) -> None:
        change = event["session"]
        check_takes(self.settings.model, change, "session")
        voice = change.get("audio", {}).get("output", {}).get("voice", self.settings.voice)
        if voice != self.settings.voice and any(response.sent_ms for response in self.spoken):
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise Refused("cannot_update_voice", message, "session.audio.output.voice")
        before = (self.settings.input_format, self.settings.turn_detection)
        self.settings.update(change)
        after = (self.settings.input_format, self.settings.turn_detection)
        if after != before:
            self._ear.configure(*after)
        shown = self.settings.shown()
        if self.faults.wrong_format:
            shown["audio"]["output"]["format"] = {"type": "audio/pcm", "rate": 24000}
        self._emit("session.updated", session=shown)

    def _append(self, event: Event) -> None:
        for edge in self._ear.append(event["audio"]):
            self._edge(edge)

    def _edge(self, edge: Edge) -> None:
        detection = self.settings.turn_detection or {}
        if edge.kind == "started":
            self._idle_at = None
            self._turn = self._new_id("item"), edge.at_ms
            self._emit("input_audio_buffer.speech_started", audio_start_ms=edge.at_ms, item_id=self._turn[0])
            active = self._active()
            if active is not None and detection["interrupt_response"]:
                active.cancel("turn_detected")
                self._forget_done()
        elif self._turn is not None:
            item_id, began_ms = self._turn
            self._turn = None
            self._emit("input_audio_buffer.speech_stopped", audio_end_ms=edge.at_ms, item_id=item_id)
            self._committed(item_id, self._ear.clear(), self._ear.heard_ms - began_ms)
            if detection["create_response"] and self._active() is None:
                self._respond({})

    def _idle(self) -> None:
        """Nobody spoke for `idle_timeout_ms` after the answer was played: that is a turn too."""
        self._idle_at = None
        item_id, end_ms = self._new_id("item"), int(self._ear.heard_ms)
        taken = self._ear.clear()
        start_ms = int(max(0.0, end_ms - taken))
        self._emit(
            "input_audio_buffer.timeout_triggered", audio_start_ms=start_ms, audio_end_ms=end_ms, item_id=item_id
        )
        self._committed(item_id, taken, 0.0)
        if self._active() is None:
            self._respond({})

    def _commit(self, event: Event) -> None:
        taken = self._ear.commit()
        item_id = self._turn[0] if self._turn else self._new_id("item")
        self._turn = None
        self._committed(item_id, taken, taken)

    def _committed(self, item_id: str, audio_ms: float, spoken_ms: float) -> None:
        """A turn of the caller; its words were said in the last `spoken_ms`."""
        item = {
            "id": item_id,
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        before = self.conversation.add(item)
        self.conversation.audio_ms[item_id] = audio_ms
        own_words = self.spoken[-1].reply.text if self.spoken else ""
        self._heard = self._hearing(self._now - spoken_ms / 1000, self._now, own_words) if spoken_ms else ""
        self._emit("input_audio_buffer.committed", previous_item_id=before, item_id=item_id)
        self._emit("conversation.item.added", previous_item_id=before, item=_shown(item))
        self._emit("conversation.item.done", previous_item_id=before, item=_shown(item))
        if self.settings.transcribes and not self.faults.no_transcripts:
            words = self._heard
            if self.faults.transcript_seconds:
                self._in(self.faults.transcript_seconds, lambda: self._transcribed(item, words, audio_ms))
            else:
                self._transcribed(item, words, audio_ms)

    def _transcribed(self, item: Event, words: str, audio_ms: float) -> None:
        kind = "conversation.item.input_audio_transcription"
        where = {"item_id": item["id"], "content_index": 0}
        item["content"][0]["transcript"] = words
        for word in words.split():
            self._emit(f"{kind}.delta", **where, delta=f"{word} ")
        seconds = {"type": "duration", "seconds": round(audio_ms / 1000, 3)}
        self._emit(f"{kind}.completed", **where, transcript=words, usage=seconds)

    def _clear(self, event: Event) -> None:
        self._ear.clear()
        self._emit("input_audio_buffer.cleared")

    def _clear_output(self, event: Event) -> None:
        raise Refused("invalid_value", "The output audio buffer exists only with WebRTC and SIP.", "type")

    # --- items ---

    def _create_item(self, event: Event) -> None:
        item = {"id": self._new_id("item"), "status": "completed", **event["item"]}
        before = self.conversation.add(item, event.get("previous_item_id"))
        if item["type"] == "function_call_output":
            self._heard = str(item["output"])
        elif item.get("role") == "user":
            self._heard = " ".join(str(part.get("text", "")) for part in item["content"])
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
        self.truncated[event["item_id"]] = self._now, event["audio_end_ms"]
        self._emit("conversation.item.truncated", **where)

    # --- responses ---

    def _create_response(self, event: Event) -> None:
        wanted = event.get("response", {})
        check_takes(self.settings.model, wanted, "response")
        own = self.faults.own_response
        if own is not None and own.response == self.faults.count + 1:
            self.faults.own_response = None
            self._respond({}, Reply("One moment, I was just thinking."))
        active = self._active()
        if active is not None and wanted.get("conversation") != "none":
            raise Refused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id}. "
                "Wait until the response is finished before creating a new one.",
            )
        self._respond(wanted)

    def _respond(self, wanted: Mapping[str, Any], reply: Reply | None = None) -> None:
        in_band = wanted.get("conversation") != "none"
        number = self.faults.begin() if in_band else 0
        self._idle_at = None
        silent = self.faults.silent
        if silent is not None and silent.response == number:
            self.faults.struck_at.append(self._now)
            self._in(silent.seconds, lambda: self._answer(wanted, reply, in_band, number))
        else:
            self._answer(wanted, reply, in_band, number)

    def _answer(self, wanted: Mapping[str, Any], reply: Reply | None, in_band: bool, number: int) -> None:
        session = self.settings.body
        instructions = str(wanted.get("instructions", session["instructions"]))
        tools = wanted.get("tools", session["tools"])
        if reply is None:
            items = wanted.get("input", self.conversation.items)
            reply = self._mind.answer(Ask(instructions, items, tools, self._heard))
        read = self.conversation.tokens(instructions, tools)
        response = Response(
            self._response_body(wanted, in_band),
            reply,
            self.conversation,
            (read, self._cache.read(read)),
            self._emit,
            self._new_id,
            writes=not self.faults.no_transcripts,
        )
        response.number = number
        self._responses[response.id] = response
        self.spoken.append(response)
        self._begin(response)
        self._forget_done()

    def _begin(self, response: Response) -> None:
        if self.faults.malformed:
            self._out.append('{"type": "response.output_audio.delta", "delta": ')
        fail = self.faults.fail
        if fail is not None and fail.response == response.number:
            self.faults.struck_at.append(self._now)
            response.fail({"type": "invalid_request_error", "code": fail.code, "message": "The response failed."})
            return
        response.start()
        if response.speaks:
            self._out.append(Render(response.id, response.reply.text, self.settings.output_format))

    def _response_body(self, wanted: Mapping[str, Any], in_band: bool) -> dict[str, Any]:
        session = self.settings.body
        output = self.settings.shown()["audio"]["output"]
        return {
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
        }

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
        """A finished answer starts the clock of silence: it is played, then `idle_timeout_ms` pass."""
        idle_ms = (self.settings.turn_detection or {}).get("idle_timeout_ms")
        for response in [known for known in self._responses.values() if known.done]:
            del self._responses[response.id]
            if idle_ms is not None and response.in_band and self._turn is None:
                began = self._now if response.began_at is None else response.began_at
                self._idle_at = max(self._now, began + response.sent_ms / 1000) + idle_ms / 1000

    # --- out ---

    def _emit(self, type: str, **fields: Any) -> None:
        event = {"type": type, "event_id": self._new_id("event"), **fields}
        if self.faults.chatter:
            self._out += chattered(event)
        else:
            self._out.append(event)

    def _error(self, refused: Refused, event_id: str | None) -> None:
        self.errors.append(refused.code)
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
    """A copy as it is now."""
    shown: dict[str, Any] = json.loads(json.dumps(item))
    return shown
