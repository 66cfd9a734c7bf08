"""One Realtime session: our calls become client events, server events become the call's events.

Item ids leave here prefixed with the generation and come back without it. What the server says about the past (late
transcripts, late deltas) is passed on; deciding what it is worth is the core's part.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec

from ...audio.frame import Audio
from ...core import events as ev
from ...errors import BackendError
from ...interface import Clock, Role, TimerHandle
from ...streams import EventStream
from ..port import SessionSetup
from ..websocket import ModelSocket
from . import payload
from .events import BETA_NAMES, ErrorBody, ServerEvent, decode, usage_amounts
from .profiles import effective_formats, minimal
from .responses import ResponseQueue

_log = logging.getLogger(__name__)

CONFIGURE_SECONDS = 8.0
RENEW_SECONDS = 180.0
"""So long before the provider's limit another session takes over, in a quiet moment."""

BENIGN = frozenset({"response_cancel_not_active", "input_audio_buffer_commit_empty"})
FATAL = frozenset({"insufficient_quota", "invalid_api_key", "account_deactivated", "billing_hard_limit_reached"})
CONFIGURATION = frozenset(
    {"unknown_parameter", "missing_required_parameter", "invalid_model", "beta_api_shape_disabled"}
)


class RealtimeSession:
    """Made by `OpenAIRealtimeBackend.open`; usable once `configure` returned."""

    def __init__(self, setup: SessionSetup, clock: Clock) -> None:
        self._setup = setup
        self._clock = clock
        self._socket: ModelSocket | None = None
        self._stream: EventStream[ev.CallEvent] = EventStream()
        self._responses = ResponseQueue()
        self._generated_ms: dict[str, float] = {}
        self._configured: asyncio.Future[Mapping[str, Any]] | None = None
        self._created: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unwanted = ""
        """The response that was cancelled before it began: what still comes of it is neither heard nor believed."""
        self._over = False
        self._renewal: TimerHandle | None = None
        self._handlers: dict[str, Callable[[ServerEvent], None]] = self._table()

    # --- opening ---

    def attach(self, socket: ModelSocket) -> None:
        self._socket = socket

    async def configure(
        self, session: Mapping[str, Any], shape: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    ) -> None:
        """Send the session in the server's own shape and wait until it is in force, formats included; raises
        `BackendError`."""
        async with asyncio.timeout(CONFIGURE_SECONDS):
            await asyncio.shield(self._created)
            try:
                effective = await self._update(shape(session))
            except _UnknownParameter as unknown:
                _log.warning(
                    "%s: the model's server does not know %s; going on without it", self._setup.call_id, unknown
                )
                effective = await self._update(minimal(session))
        self._check_formats(session, effective)
        heard = session["audio"]["input"]
        detection = heard["turn_detection"]
        opened = ev.BackendOpened(
            self._setup.generation,
            answers_turns=detection is None or detection["create_response"],
            knows_words=heard.get("transcription") is not None,
            remote=True,
        )
        self._stream.put(opened)

    async def _update(self, session: Mapping[str, Any]) -> Mapping[str, Any]:
        self._configured = asyncio.get_running_loop().create_future()
        self._send({"type": "session.update", "session": session})
        try:
            return await self._configured
        finally:
            self._configured = None

    def _check_formats(self, wanted: Mapping[str, Any], effective: Mapping[str, Any]) -> None:
        """A wrong format is noise in somebody's ear: better no session."""
        for side, present in zip(("input", "output"), effective_formats(effective), strict=True):
            asked = wanted["audio"][side]["format"]["type"]
            if present is not None and present != asked:
                raise BackendError(f"the model's server speaks {present} for {side}, not {asked}")

    # --- what the call does ---

    def events(self) -> AsyncIterator[ev.CallEvent]:
        return self._stream

    def send_audio(self, audio: Audio) -> None:
        if self._socket is not None:
            self._socket.send(f'{{"type":"input_audio_buffer.append","audio":"{audio.base64}"}}')

    def commit(self) -> None:
        self._send({"type": "input_audio_buffer.commit"})
        self.request_response()

    def inject(self, text: str, role: Role) -> None:
        self._send({"type": "conversation.item.create", "item": payload.message(text, role)})

    def request_response(self, instructions: str | None = None) -> None:
        self._create(self._responses.ask(instructions))

    def cancel(self) -> None:
        if self._responses.cancel():
            self._send({"type": "response.cancel"})

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        ours = item_id.removeprefix(self._setup.item_prefix)
        end = max(0, min(audio_end_ms, int(self._generated_ms.get(ours, 0.0))))
        self._send({"type": "conversation.item.truncate", "item_id": ours, "content_index": 0, "audio_end_ms": end})

    def send_tool_result(self, call_id: str, output: str) -> None:
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        self._send({"type": "conversation.item.create", "item": item})

    async def close(self) -> None:
        self._over = True
        self._cancel_renewal()
        self._stream.close()
        if self._socket is not None:
            await self._socket.close()

    def _create(self, request: tuple[str | None] | None) -> None:
        if request is None:
            return
        body: dict[str, Any] = {"type": "response.create"}
        if request[0] is not None:
            body["response"] = {"instructions": request[0]}
        self._send(body)

    def _send(self, body: Mapping[str, Any]) -> None:
        if self._socket is not None:
            self._socket.send(json.dumps(body))

    # --- what the server says ---

    def on_message(self, text: str) -> None:
        try:
            event = decode(text)
        except msgspec.DecodeError as error:
            _log.warning("%s: the model's server sent something unreadable: %s", self._setup.call_id, error)
            return
        handler = self._handlers.get(BETA_NAMES.get(event.type, event.type))
        if handler is not None:
            handler(event)

    def on_close(self, code: int, reason: str) -> None:
        error = BackendError(f"the model's server closed the session ({code} {reason})".strip(), retriable=code != 3000)
        self._fail(error)

    def _expiring(self) -> None:
        self._put(ev.BackendExpiring(self._setup.generation))

    def _cancel_renewal(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()

    def _fail(self, error: BackendError) -> None:
        for future in (self._created, self._configured):
            if future is not None and not future.done():
                future.set_exception(error)
                future.exception()
        self._cancel_renewal()
        if not self._over:
            self._over = True
            self._stream.put(ev.BackendLost(self._setup.generation, str(error), error.retriable))
            self._stream.close()

    def _table(self) -> dict[str, Callable[[ServerEvent], None]]:
        return {
            "session.created": self._session_created,
            "session.updated": self._session_updated,
            "error": self._error,
            "input_audio_buffer.speech_started": lambda e: self._put(
                ev.SpeechStarted(self._setup.generation, self._id(e.item_id))
            ),
            "input_audio_buffer.speech_stopped": lambda e: self._put(ev.SpeechStopped(self._setup.generation)),
            "conversation.item.input_audio_transcription.delta": lambda e: self._text(e, Role.CALLER, e.delta, False),
            "conversation.item.input_audio_transcription.completed": self._caller_text,
            "response.created": self._response_created,
            "response.output_audio.delta": self._audio,
            "response.output_audio.done": lambda e: self._put(
                ev.AgentAudioDone(self._setup.generation, self._id(e.item_id))
            ),
            "response.output_audio_transcript.delta": lambda e: self._agent_text(e, e.delta, False),
            "response.output_audio_transcript.done": lambda e: self._agent_text(e, e.transcript, True),
            "response.output_item.done": self._item_done,
            "response.done": self._response_done,
        }

    def _id(self, item_id: str) -> str:
        return f"{self._setup.item_prefix}{item_id}"

    def _put(self, event: ev.CallEvent) -> None:
        self._stream.put(event)

    def _session_created(self, event: ServerEvent) -> None:
        expires_at = (event.session or {}).get("expires_at")
        if isinstance(expires_at, int | float):
            left = expires_at - self._clock.wall().timestamp() - RENEW_SECONDS
            self._renewal = self._clock.call_at(self._clock.monotonic() + left, self._expiring)
        if not self._created.done():
            self._created.set_result(None)

    def _session_updated(self, event: ServerEvent) -> None:
        if self._configured is not None and not self._configured.done():
            self._configured.set_result(event.session or {})

    def _audio(self, event: ServerEvent) -> None:
        audio = Audio.from_base64(self._setup.output_format, event.delta)
        self._generated_ms[event.item_id] = self._generated_ms.get(event.item_id, 0.0) + audio.duration_ms
        if not self._is_unwanted(event):
            self._put(ev.AgentAudio(self._setup.generation, self._id(event.item_id), audio))

    def _is_unwanted(self, event: ServerEvent) -> bool:
        return bool(self._unwanted) and event.response_id == self._unwanted

    def _agent_text(self, event: ServerEvent, text: str, final: bool) -> None:
        if not self._is_unwanted(event):
            self._text(event, Role.AGENT, text, final)

    def _text(self, event: ServerEvent, role: Role, text: str, final: bool) -> None:
        self._put(ev.Transcript(self._setup.generation, self._id(event.item_id), role, text, final))

    def _caller_text(self, event: ServerEvent) -> None:
        self._text(event, Role.CALLER, event.transcript, True)
        if event.usage is not None:
            self._put(ev.Usage(self._setup.generation, "transcription", usage_amounts(event.usage)))

    def _response_created(self, event: ServerEvent) -> None:
        response_id = event.response.id if event.response else ""
        self._put(ev.ResponseStarted(self._setup.generation, response_id))
        if self._responses.created():
            self._unwanted = response_id
            self._send({"type": "response.cancel"})

    def _item_done(self, event: ServerEvent) -> None:
        """The earliest moment a function call is complete; one cut off by an interruption is `incomplete` (2.8)."""
        item = event.item
        if item is not None and self._is_unwanted(event):
            if item.id in self._generated_ms:
                self.truncate(self._id(item.id), 0)
            return
        if item is not None and item.type == "function_call" and item.status in (None, "completed"):
            self._put(ev.ToolRequested(self._setup.generation, item.call_id, item.name, item.arguments))

    def _response_done(self, event: ServerEvent) -> None:
        response = event.response
        if response is None:
            return
        if response.usage:
            self._put(ev.Usage(self._setup.generation, "response", usage_amounts(response.usage)))
        self._put(ev.ResponseDone(self._setup.generation, response.id, response.status))
        error = response.status_details.error if response.status_details else None
        if response.status == "failed" and error is not None and error.code in FATAL:
            self._fail(BackendError(f"{error.code}: {error.message}"))
            return
        self._create(self._responses.done())

    def _error(self, event: ServerEvent) -> None:
        error = event.error or ErrorBody()
        code = error.code or error.type or ""
        if self._configured is not None and code == "unknown_parameter" and not self._configured.done():
            self._configured.set_exception(_UnknownParameter(error.param or error.message))
        elif code == "conversation_already_has_active_response":
            self._responses.refused()
        elif code in FATAL or code in CONFIGURATION or self._configured is not None:
            self._fail(BackendError(f"{code}: {error.message}"))
        elif code in BENIGN:
            _log.debug("%s: %s", self._setup.call_id, code)
        else:
            _log.warning("%s: the model's server complains: %s: %s", self._setup.call_id, code, error.message)


class _UnknownParameter(BackendError):
    """The server refused a session because of one field; its text is that field."""
