"""One response on its way out: its events in the order of OpenAI's own server, its audio at the pace it is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ...audio.frame import Audio
from ...backends.sound import CHUNK_MS, chunks
from .answers import Call, Reply
from .conversation import Conversation, Item, Tokens, usage

TEXT_AHEAD_MS = 400.0
"""Words come a little before their sound."""

Emit = Callable[..., None]
NewId = Callable[[str], str]


class Response:
    """`emit(type, **fields)` sends an event. Until `begin_audio` it waits for its sound."""

    def __init__(
        self,
        body: dict[str, Any],
        reply: Reply,
        conversation: Conversation,
        read: tuple[list[Tokens], Tokens],
        emit: Emit,
        new_id: NewId,
        writes: bool = True,
    ) -> None:
        """`read`: what it reads, and what of that is cached. `writes`: transcripts are told."""
        self.body = body
        self.reply = reply
        self.in_band = body["conversation_id"] is not None
        self.next_at: float | None = None
        self.began_at: float | None = None
        self.done = False
        self.sent_ms = 0.0
        self.number = 0
        self.sound = bytearray()
        """Everything that was said, in the session's format."""
        self._conversation = conversation
        self._emit = emit
        self._new_id = new_id
        self._read = read
        self._writes = writes
        self._item: Item | None = None
        self._chunks: deque[Audio] = deque()
        self._total_ms = 0.0
        self._words = [f"{word} " for word in reply.text.split()]
        self._told = 0
        self.item_id: str | None = None

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def speaks(self) -> bool:
        """It has words and says them aloud."""
        return bool(self.reply.text) and self.body["output_modalities"] == ["audio"]

    def start(self) -> None:
        """Everything before the first sound; all of it where there is none."""
        self._emit("response.created", response=self._shown("in_progress"))
        self._emit(
            "rate_limits.updated",
            rate_limits=[{"name": "requests", "limit": 400, "remaining": 399, "reset_seconds": 60.0}],
        )
        if self.speaks:
            self._open_item({"type": "audio", "transcript": ""})
        else:
            if self.reply.text:
                self._write()
            self._finish("completed")

    @property
    def said(self) -> str:
        """The words that were told so far."""
        return "".join(self._words[: self._told]).strip()

    def begin_audio(self, audio: Audio, now: float) -> None:
        self._chunks.extend(chunks(audio))
        self._total_ms = audio.duration_ms
        self.next_at = self.began_at = now

    def fail(self, error: dict[str, Any]) -> None:
        """It begins and comes to nothing (OpenAI: `response.done`)."""
        self._emit("response.created", response=self._shown("in_progress"))
        self.reply = Reply()
        self._finish("failed", {"type": "failed", "error": error})

    def tick(self, now: float, speed: float) -> None:
        """Send every chunk that is due; `speed` 0 sends all."""
        while self.next_at is not None and not self.done and now >= self.next_at:
            if not self._chunks:
                self._close_item("completed")
                self._finish("completed")
                return
            self._send(self._chunks.popleft())
            self.next_at += CHUNK_MS / 1000 / speed if speed else 0.0

    def cancel(self, reason: str) -> None:
        """turn_detected or client_cancelled (OpenAI: `response.done`)."""
        if self._item is not None:
            self._close_item("incomplete")
        self._finish("cancelled", {"type": "cancelled", "reason": reason})

    def _send(self, audio: Audio) -> None:
        assert self._item is not None
        self._tell_words((self.sent_ms + audio.duration_ms + TEXT_AHEAD_MS) / self._total_ms)
        self.sent_ms += audio.duration_ms
        self.sound += audio.payload
        self._conversation.audio_ms[self._item["id"]] = self.sent_ms
        self._emit("response.output_audio.delta", **self._part(), delta=audio.base64)

    def _tell_words(self, share: float) -> None:
        told = min(len(self._words), round(len(self._words) * share))
        if told > self._told:
            delta = "".join(self._words[self._told : told])
            self._told = told
            if self._writes:
                self._emit("response.output_audio_transcript.delta", **self._part(), delta=delta)

    def _write(self) -> None:
        """A message in letters."""
        self._open_item({"type": "text", "text": ""})
        self._emit("response.output_text.delta", **self._part(), delta=self.reply.text)
        self._emit("response.output_text.done", **self._part(), text=self.reply.text)
        self._end_item(
            {"type": "text", "text": self.reply.text}, {"type": "output_text", "text": self.reply.text}, "completed"
        )

    def _open_item(self, part: dict[str, Any]) -> None:
        item: Item = {
            "id": self._new_id("item"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self._item = item
        self.item_id = item["id"]
        self._add(item)
        self._emit("response.content_part.added", **self._part(), part=part)

    def _close_item(self, status: str) -> None:
        if status == "completed":
            self._tell_words(1.0)
        self._emit("response.output_audio.done", **self._part())
        if not self._writes:
            self._end_item({"type": "audio"}, {"type": "output_audio"}, status)
            return
        self._emit("response.output_audio_transcript.done", **self._part(), transcript=self.said)
        content = {"type": "output_audio", "transcript": self.said}
        self._end_item({"type": "audio", "transcript": self.said}, content, status)

    def _end_item(self, part: dict[str, Any], content: dict[str, Any], status: str) -> None:
        assert self._item is not None
        self._emit("response.content_part.done", **self._part(), part=part)
        self._item["content"].append(content)
        self._end(self._item, status)

    def _call(self, call: Call) -> None:
        item: Item = {
            "id": self._new_id("item"),
            "type": "function_call",
            "status": "in_progress",
            "name": call.name,
            "call_id": self._new_id("call"),
            "arguments": "",
        }
        self._add(item)
        at = {
            "response_id": self.id,
            "item_id": item["id"],
            "output_index": len(self.body["output"]),
            "call_id": item["call_id"],
        }
        self._emit("response.function_call_arguments.delta", **at, delta=call.arguments)
        self._emit("response.function_call_arguments.done", **at, name=call.name, arguments=call.arguments)
        item["arguments"] = call.arguments
        self._end(item, "completed")

    def _add(self, item: Item) -> None:
        index = len(self.body["output"])
        self._emit("response.output_item.added", response_id=self.id, output_index=index, item=_copy(item))
        if self.in_band:
            before = self._conversation.add(item)
            self._emit("conversation.item.added", previous_item_id=before, item=_copy(item))

    def _end(self, item: Item, status: str) -> None:
        item["status"] = status
        index = len(self.body["output"])
        if self.in_band:
            before = self._before(item)
            self._emit("conversation.item.done", previous_item_id=before, item=_copy(item))
        self._emit("response.output_item.done", response_id=self.id, output_index=index, item=_copy(item))
        self.body["output"].append(_copy(item))
        self._item = None

    def _before(self, item: Item) -> str | None:
        ids = [known["id"] for known in self._conversation.items]
        position = ids.index(item["id"]) if item["id"] in ids else 0
        return ids[position - 1] if position else None

    def _finish(self, status: str, details: dict[str, Any] | None = None) -> None:
        self.done = True
        if status == "completed":
            for call in self.reply.calls:
                self._call(call)
        said = self.said if self.speaks else self.reply.text
        said += "".join(call.arguments for call in self.reply.calls)
        self.body["usage"] = usage(*self._read, said, self.sent_ms)
        self.body["status_details"] = details
        self._emit("response.done", response=self._shown(status))

    def _part(self) -> dict[str, Any]:
        assert self._item is not None
        return {
            "response_id": self.id,
            "item_id": self._item["id"],
            "output_index": len(self.body["output"]),
            "content_index": 0,
        }

    def _shown(self, status: str) -> dict[str, Any]:
        self.body["status"] = status
        return {**self.body, "output": [_copy(item) for item in self.body["output"]]}


def _copy(item: Item) -> Item:
    return {**item, "content": [dict(part) for part in item["content"]]} if "content" in item else dict(item)


def next_deadline(responses: Iterator[Response]) -> float | None:
    return min((response.next_at for response in responses if response.next_at is not None), default=None)
