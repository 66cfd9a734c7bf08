"""What goes wrong on purpose goes wrong as it does in the field, and only where it was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from biami_engine.audio.frame import PCM16_24K, Audio
from biami_engine.audio.tones import beep
from biami_engine.lab.model import InResponse, InTurn, ModelFaults, ModelSession
from biami_engine.lab.model.orders import EXPIRED, Close, Render

from .oracle import check_server

SOUND = beep(PCM16_24K, ms=1000)


class Talk:
    """A client without a socket; strings and closings stand among its events."""

    def __init__(self, **faults: Any) -> None:
        self.faults = ModelFaults(**faults)
        self.session = ModelSession("gpt-realtime-2.1", InTurn("Good morning."), 0, 1.0, self.faults)
        self.now = 0.0
        self.out = self.session.start(0.0)

    def send(self, type: str, **fields: Any) -> list[Any]:
        return self._with_sound(self.session.receive({"type": type, **fields}, self.now))

    def forward(self, seconds: float) -> list[Any]:
        self.now += seconds
        return self._with_sound(self.session.tick(self.now))

    def _with_sound(self, out: list[Any]) -> list[Any]:
        for one in [one for one in out if isinstance(one, Render)]:
            out += self.session.rendered(one.response_id, SOUND, self.now)
        return [one for one in out if not isinstance(one, Render)]


def kinds(out: list[Any]) -> list[str]:
    return [one["type"] for one in out if isinstance(one, dict)]


def test_the_connection_breaks_after_so_much_sound_and_only_once() -> None:
    talk = Talk(disconnect=InResponse(2, after_ms=400))
    assert Close() not in talk.send("response.create") + talk.forward(2)
    assert Close() not in talk.send("response.create")
    assert Close() in talk.forward(0.5)
    assert talk.faults.struck_at == [2.5]
    assert Close() not in talk.forward(5) + talk.send("response.create") + talk.forward(2)


def test_a_response_fails_with_its_code() -> None:
    talk = Talk(fail=InResponse(1, code="insufficient_quota"))
    out = talk.send("response.create")
    assert kinds(out) == ["response.created", "response.done"]
    assert out[-1]["response"]["status_details"]["error"]["code"] == "insufficient_quota"
    check_server(out[-1])
    assert "response.output_audio.delta" in kinds(talk.send("response.create"))


def test_nothing_is_heard_for_a_while() -> None:
    talk = Talk(silent=InResponse(1, seconds=30))
    assert talk.send("response.create") == []
    assert talk.forward(29) == []
    assert kinds(talk.forward(1))[0] == "response.created"


def test_the_first_sound_is_late_and_the_words_of_the_caller_are() -> None:
    talk = Talk(slow=InResponse(1, seconds=3), transcript_seconds=1.5)
    talk.send("session.update", session={"type": "realtime", "audio": {"input": LISTENING}})
    assert "response.output_audio.delta" not in kinds(talk.send("response.create") + talk.forward(2.9))
    assert "response.output_audio.delta" in kinds(talk.forward(0.1))
    talk.forward(5)
    talk.send("input_audio_buffer.append", audio=beep(PCM16_24K, ms=300).base64)
    said = kinds(talk.send("input_audio_buffer.commit"))
    assert not [kind for kind in said if "transcription" in kind]
    assert "conversation.item.input_audio_transcription.completed" in kinds(talk.forward(1.5))


LISTENING = {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}


def test_no_words_at_all() -> None:
    talk = Talk(no_transcripts=True)
    talk.send("session.update", session={"type": "realtime", "audio": {"input": LISTENING}})
    talk.send("input_audio_buffer.append", audio=beep(PCM16_24K, ms=300).base64)
    out = talk.send("input_audio_buffer.commit") + talk.send("response.create") + talk.forward(2)
    assert not [kind for kind in kinds(out) if "transcript" in kind]
    assert kinds(out)[-1] == "response.done"
    for event in out:
        check_server(event)


def test_the_server_was_faster_than_the_client() -> None:
    talk = Talk(own_response=InResponse(1))
    out = talk.send("response.create")
    assert kinds(out)[0] == "response.created"
    error = next(one for one in out if one["type"] == "error")["error"]
    assert error["code"] == "conversation_already_has_active_response"


def test_a_session_ends_when_its_time_is_over() -> None:
    session = ModelSession("gpt-realtime-2.1", InTurn(), lasts_seconds=60)
    session.start(100.0)
    assert session.next_deadline == 160
    assert session.tick(159.9) == []
    assert session.tick(160) == [Close(1001, EXPIRED)]


def test_another_format_is_confirmed() -> None:
    audio = {"output": {"format": {"type": "audio/pcmu"}}}
    (event,) = Talk(wrong_format=True).send("session.update", session={"type": "realtime", "audio": audio})
    assert event["session"]["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


def test_fields_this_server_does_not_know() -> None:
    path = "session.audio.input.noise_reduction"
    talk = Talk(unknown_fields=(path,))
    audio = {"input": {"noise_reduction": {"type": "near_field"}}}
    (event,) = talk.send("session.update", session={"type": "realtime", "audio": audio})
    assert (event["error"]["code"], event["error"]["param"]) == ("unknown_parameter", path)
    assert kinds(talk.send("session.update", session={"type": "realtime"})) == ["session.updated"]


def test_more_than_anybody_knows_and_frames_that_are_broken() -> None:
    talk = Talk(chatter=True, malformed=True)
    assert all("obfuscation" in event for event in talk.out if isinstance(event, dict))
    out = talk.send("response.create") + talk.forward(2)
    assert [one for one in out if isinstance(one, str)]
    assert "response.mood.delta" in kinds(out)


def test_silence_becomes_a_turn() -> None:
    talk = Talk()
    detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    talk.send("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": detection}}})
    talk.send("response.create")
    talk.forward(1.0)
    assert talk.session.next_deadline == pytest.approx(6.0)
    for _ in range(50):
        talk.send("input_audio_buffer.append", audio=Audio.silence(PCM16_24K, 100).base64)
    assert talk.forward(4.9) == []
    out = talk.forward(0.2)
    assert kinds(out)[:2] == ["input_audio_buffer.timeout_triggered", "input_audio_buffer.committed"]
    assert out[0]["audio_end_ms"] == 5000
    assert "response.created" in kinds(out)
    for event in out:
        check_server(event)


@pytest.mark.parametrize("model", ["gpt-realtime-1.5", "gpt-realtime", "gpt-realtime-mini"])
def test_models_that_do_not_reason_say_so(model: str) -> None:
    session = ModelSession(model, InTurn())
    for field in ({"reasoning": {"effort": "low"}}, {"parallel_tool_calls": True}):
        (event,) = session.receive({"type": "session.update", "session": {"type": "realtime", **field}}, 0.0)
        assert isinstance(event, dict)
        assert event["error"]["param"] == f"session.{next(iter(field))}"


@pytest.mark.parametrize(
    ("transcription", "param"),
    [
        ({"model": "gpt-transcribe", "delay": "low"}, "delay"),
        ({"model": "gpt-realtime-whisper", "keywords": ["Biami"]}, "keywords"),
        ({"model": "somebody-elses"}, "model"),
        ({"language": "en"}, "model"),
    ],
)
def test_what_listens_takes_only_its_own_fields(transcription: dict[str, Any], param: str) -> None:
    audio = {"input": {"transcription": transcription}}
    (event,) = Talk().send("session.update", session={"type": "realtime", "audio": audio})
    assert event["error"]["param"] == f"session.audio.input.transcription.{param}"


def test_a_voice_is_kept_once_it_was_heard() -> None:
    talk = Talk()
    change = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    assert kinds(talk.send("session.update", session=change)) == ["session.updated"]
    talk.send("response.create")
    talk.forward(2)
    change["audio"]["output"]["voice"] = "marin"  # type: ignore[index]  # a plain dict of the test
    assert talk.send("session.update", session=change)[0]["error"]["code"] == "cannot_update_voice"
