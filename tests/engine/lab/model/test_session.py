from __future__ import annotations

import math
from typing import Any

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.framing import Framer
from biami_engine.audio.tones import beep
from biami_engine.lab.model import Call, InTurn, ModelSession, Reply
from biami_engine.lab.model.orders import SESSION_SECONDS, Render

from .oracle import check_server

VOICE = beep(PCM16_24K, ms=900)
WORDS = "Good morning, this is Biami."


class Client:
    """Speaks to a session without a socket; every event it gets is judged by the package's types."""

    def __init__(self, *replies: Reply | str, speed: float = 0.0) -> None:
        self.session = ModelSession("gpt-realtime-2.1", InTurn(*replies), 1_795_446_000, speed)
        self.now = 0.0
        self.renders: list[Render] = []
        self.first = self.take(self.session.start())

    def take(self, out: list[Any]) -> list[dict[str, Any]]:
        self.renders += [one for one in out if isinstance(one, Render)]
        events = [one for one in out if isinstance(one, dict)]
        for event in events:
            check_server(event)
        return events

    def send(self, type: str, **fields: Any) -> list[dict[str, Any]]:
        return self.take(self.session.receive({"type": type, **fields}, self.now))

    def update(self, **change: Any) -> list[dict[str, Any]]:
        return self.send("session.update", session={"type": "realtime", **change})

    def hear(self, audio: Audio) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        for frame in Framer(audio.format).push(audio):
            events += self.send("input_audio_buffer.append", audio=frame.base64)
        return events

    def voice(self, audio: Audio = VOICE) -> list[dict[str, Any]]:
        """The sound of the response that waits for it."""
        return self.take(self.session.rendered(self.renders.pop(0).response_id, audio, self.now))

    def forward(self, seconds: float) -> list[dict[str, Any]]:
        self.now += seconds
        return self.take(self.session.tick(self.now))


def types(events: list[dict[str, Any]]) -> list[str]:
    """Without repetitions of one after the other."""
    every = [event["type"] for event in events]
    return [kind for n, kind in enumerate(every) if n == 0 or kind != every[n - 1]]


def the(events: list[dict[str, Any]], type: str) -> dict[str, Any]:
    (event,) = [event for event in events if event["type"] == type]
    return event


def error(events: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = the(events, "error")["error"]
    return found


BEFORE_SOUND = [
    "response.created",
    "rate_limits.updated",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]
AFTER_SOUND = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


def test_it_begins_with_its_whole_session() -> None:
    created = Client().first[0]
    assert created["type"] == "session.created"
    assert created["session"]["model"] == "gpt-realtime-2.1"
    assert created["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"


def test_an_update_changes_what_it_names_and_shows_everything() -> None:
    client = Client()
    (event,) = client.update(instructions="Be brief.", audio={"input": {"format": {"type": "audio/pcmu"}}})
    shown = event["session"]
    assert shown["instructions"] == "Be brief."
    assert shown["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert shown["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
    assert shown["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


def test_a_refused_update_changes_nothing_and_echoes_the_clients_id() -> None:
    client = Client()
    refused = error(client.send("session.update", event_id="c7", session={"type": "realtime", "temperature": 1}))
    assert refused["event_id"] == "c7"
    assert refused["code"] == "unknown_parameter"
    (event,) = client.update()
    assert event["session"]["instructions"] == client.first[0]["session"]["instructions"]


@pytest.mark.parametrize("format", [PCMU_8K, PCM16_24K], ids=["pcmu", "pcm"])
def test_one_spoken_turn(format: AudioFormat) -> None:
    client = Client(WORDS)
    kind = {"type": "audio/pcmu"} if format == PCMU_8K else {"type": "audio/pcm", "rate": 24000}
    client.update(audio={"input": {"format": kind, "transcription": {"model": "gpt-transcribe"}}})
    quiet = client.hear(Audio.silence(format, 1500))
    assert quiet == []
    turn = client.hear(beep(format, ms=1000)) + client.hear(Audio.silence(format, 400))
    assert types(turn) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        *BEFORE_SOUND,
    ]
    assert the(turn, "input_audio_buffer.speech_started")["audio_start_ms"] == pytest.approx(1200, abs=40)
    assert the(turn, "input_audio_buffer.speech_stopped")["audio_end_ms"] == pytest.approx(2700, abs=40)
    user = the(turn, "input_audio_buffer.committed")["item_id"]
    sound = client.voice()
    kinds = types(sound)
    assert kinds[:2] == ["response.output_audio_transcript.delta", "response.output_audio.delta"]
    assert kinds[-len(AFTER_SOUND) :] == AFTER_SOUND
    told = "".join(event["delta"] for event in sound if event["type"] == "response.output_audio_transcript.delta")
    assert told.strip() == WORDS
    assert the(sound, "conversation.item.done")["previous_item_id"] == user
    done = the(sound, "response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": WORDS}]
    assert done["usage"]["output_token_details"]["audio_tokens"] == math.ceil(900 / 50)
    assert done["usage"]["input_token_details"]["audio_tokens"] >= 10
    assert done["usage"]["total_tokens"] == done["usage"]["input_tokens"] + done["usage"]["output_tokens"]
    deltas = [event["delta"] for event in sound if event["type"] == "response.output_audio.delta"]
    payload = b"".join(Audio.from_base64(PCM16_24K, delta).payload for delta in deltas)
    assert payload == VOICE.payload


def test_speech_interrupts_a_running_response() -> None:
    client = Client(WORDS, speed=1.0)
    client.send("response.create")
    client.voice()
    turn = client.hear(Audio.silence(PCM16_24K, 200)) + client.hear(beep(PCM16_24K, ms=300))
    assert types(turn) == ["input_audio_buffer.speech_started", *AFTER_SOUND]
    done = the(turn, "response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert client.forward(5) == []


def test_a_guarded_session_neither_interrupts_nor_answers_by_itself() -> None:
    client = Client(WORDS, speed=1.0)
    detection = {"type": "server_vad", "create_response": False, "interrupt_response": False}
    client.update(audio={"input": {"turn_detection": detection}})
    client.send("response.create")
    client.voice()
    turn = client.hear(beep(PCM16_24K, ms=500)) + client.hear(Audio.silence(PCM16_24K, 400))
    assert "input_audio_buffer.committed" in types(turn)
    assert not [kind for kind in types(turn) if kind.startswith("response.")]


def test_sound_comes_at_its_pace_and_stops_when_cancelled() -> None:
    client = Client(WORDS, speed=2.0)
    client.send("response.create")
    first = client.voice()
    assert types(first) == ["response.output_audio_transcript.delta", "response.output_audio.delta"]
    assert client.session.next_deadline == pytest.approx(0.1)
    assert [event["type"] for event in client.forward(0.25)].count("response.output_audio.delta") == 2
    cancelled = client.send("response.cancel")
    assert types(cancelled) == AFTER_SOUND
    done = the(cancelled, "response.done")["response"]
    assert done["status_details"]["reason"] == "client_cancelled"
    assert done["usage"]["output_token_details"]["audio_tokens"] == 12
    assert client.session.next_deadline == SESSION_SECONDS


def test_a_response_cancelled_before_its_sound_stays_silent() -> None:
    client = Client(WORDS)
    client.send("response.create")
    assert types(client.send("response.cancel"))[-1] == "response.done"
    assert client.voice() == []


def test_only_one_response_at_a_time_and_none_to_cancel() -> None:
    client = Client(WORDS)
    client.send("response.create")
    assert error(client.send("response.create"))["code"] == "conversation_already_has_active_response"
    client.voice()
    assert error(client.send("response.cancel"))["code"] == "response_cancel_not_active"


def test_a_summary_beside_the_conversation() -> None:
    client = Client("First.", "A summary.")
    client.send("response.create")
    wanted = {"conversation": "none", "output_modalities": ["text"], "metadata": {"purpose": "summary"}}
    summary = client.send("response.create", response=wanted)
    assert types(summary) == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert the(summary, "response.done")["response"]["metadata"] == {"purpose": "summary"}
    assert len(client.session.conversation.items) == 1


def test_it_says_what_it_is_ordered_to() -> None:
    client = Client(WORDS)
    client.send("response.create", response={"instructions": 'Say exactly: "Are you still there?"'})
    assert client.renders[0].text == "Are you still there?"


def test_words_and_two_calls_in_one_response() -> None:
    client = Client(Reply("Let me check.", (Call("look", '{"day": 1}'), Call("look", "{broken"))))
    client.send("response.create")
    events = client.voice()
    calls = [event for event in events if event["type"] == "response.function_call_arguments.done"]
    assert [call["arguments"] for call in calls] == ['{"day": 1}', "{broken"]
    assert [call["output_index"] for call in calls] == [1, 2]
    assert types(events)[-1] == "response.done"
    output = the(events, "response.done")["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    item = {"type": "function_call_output", "call_id": calls[0]["call_id"], "output": '{"free": []}'}
    assert types(client.send("conversation.item.create", item=item)) == [
        "conversation.item.added",
        "conversation.item.done",
    ]


def test_a_call_without_words_needs_no_sound() -> None:
    client = Client(Reply(calls=(Call("end_call"),)))
    assert types(client.send("response.create"))[-1] == "response.done"
    assert client.renders == []


def said(client: Client) -> str:
    client.send("response.create")
    return str(the(client.voice(), "conversation.item.done")["item"]["id"])


def test_truncation_forgets_sound_and_text() -> None:
    client = Client(WORDS)
    item_id = said(client)
    where = {"item_id": item_id, "content_index": 0, "audio_end_ms": 500}
    event = the(client.send("conversation.item.truncate", **where), "conversation.item.truncated")
    assert event["audio_end_ms"] == 500
    (kept,) = client.send("conversation.item.retrieve", item_id=item_id)
    assert kept["item"]["content"] == [{"type": "output_audio"}]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"audio_end_ms": 901}, "invalid_value", "audio_end_ms"),
        ({"content_index": 1}, "invalid_value", "content_index"),
        ({"item_id": "item_none"}, "item_not_found", "item_id"),
    ],
)
def test_truncation_beyond_what_was_said_is_refused(change: dict[str, Any], code: str, param: str) -> None:
    client = Client(WORDS)
    where = {"item_id": said(client), "content_index": 0, "audio_end_ms": 900}
    refused = error(client.send("conversation.item.truncate", **{**where, **change}))
    assert (refused["code"], refused["param"]) == (code, param)
    assert client.send("conversation.item.truncate", **where)[0]["type"] == "conversation.item.truncated"


def test_a_users_item_cannot_be_truncated() -> None:
    client = Client()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    item_id = client.send("conversation.item.create", item=item)[0]["item"]["id"]
    refused = error(client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=0))
    assert refused["param"] == "item_id"


def test_push_to_talk_commits_by_hand() -> None:
    client = Client()
    client.update(audio={"input": {"turn_detection": None}})
    client.hear(Audio.silence(PCM16_24K, 80))
    refused = error(client.send("input_audio_buffer.commit"))
    assert refused["code"] == "input_audio_buffer_commit_empty"
    assert "80.00ms" in refused["message"]
    client.hear(beep(PCM16_24K, ms=400))
    assert types(client.send("input_audio_buffer.commit")) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    client.hear(beep(PCM16_24K, ms=400))
    assert types(client.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert error(client.send("input_audio_buffer.commit"))["code"] == "input_audio_buffer_commit_empty"


def test_items_go_where_they_are_put_and_can_be_deleted() -> None:
    client = Client()

    def put(text: str, **where: str) -> str | None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], "id": text}
        before: str | None = client.send("conversation.item.create", item=item, **where)[0]["previous_item_id"]
        return before

    assert put("a") is None
    assert put("b") == "a"
    assert put("c", previous_item_id="a") == "a"
    assert put("d", previous_item_id="root") is None
    assert [item["id"] for item in client.session.conversation.items] == ["d", "a", "c", "b"]
    assert types(client.send("conversation.item.delete", item_id="a")) == ["conversation.item.deleted"]
    assert error(client.send("conversation.item.delete", item_id="a"))["code"] == "item_not_found"
    twice = {"type": "message", "role": "user", "content": [], "id": "b"}
    assert error(client.send("conversation.item.create", item=twice))["param"] == "item.id"


def test_what_is_no_audio_is_refused() -> None:
    refused = error(Client().send("input_audio_buffer.append", audio="*"))
    assert (refused["code"], refused["param"]) == ("invalid_value", "audio")


def test_there_is_no_output_buffer_to_clear_on_a_websocket() -> None:
    assert error(Client().send("output_audio_buffer.clear"))["code"] == "invalid_value"
