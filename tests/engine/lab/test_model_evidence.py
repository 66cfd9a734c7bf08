"""What the model believes is compared with what the carrier played: here by hand, without a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.tones import beep
from biami_engine.lab.carrier import LabCall
from biami_engine.lab.carrier.line import Ear
from biami_engine.lab.carrier.playout import FRAME_BYTES, FRAME_SECONDS, Playout
from biami_engine.lab.model import InTurn, ModelSession
from biami_engine.lab.model.session import Render
from biami_engine.lab.model_evidence import heard_ms_by_item, session_field, stray_ms, truncation_errors_ms


@dataclass
class Line:
    ear: Ear = field(default_factory=Ear)


@dataclass
class Stream:
    playout: Playout = field(default_factory=Playout)


@dataclass
class Call:
    """As much of a call as evidence looks at."""

    line: Line = field(default_factory=Line)
    streams: list[Stream] = field(default_factory=lambda: [Stream()])

    def play(self, frames: int) -> None:
        for _ in range(frames):
            at = len(self.line.ear.recording) / FRAME_BYTES * FRAME_SECONDS
            self.line.ear.hear(self.streams[0].playout.next_frame(at)[1], at)


def interrupted(cleared: bool) -> tuple[ModelSession, LabCall]:
    """A second of sound, of which 400 ms were heard when it was truncated."""
    session = ModelSession("gpt-realtime-2.1", InTurn("Hello."), speed=0.0)
    session.start()
    audio: Any = {"output": {"format": {"type": "audio/pcmu"}}}
    session.receive({"type": "session.update", "session": {"type": "realtime", "audio": audio}}, 0.0)
    (render,) = [one for one in session.receive({"type": "response.create"}, 0.0) if isinstance(one, Render)]
    sound = Audio(PCMU_8K, b"".join(beep(PCMU_8K, ms=100, hz=500 + 37 * n).payload for n in range(10)))
    session.rendered(render.response_id, sound, 0.0)
    item_id = str(session.spoken[0].item_id)
    call = Call()
    playout = call.streams[0].playout
    playout.receive(bytes(session.spoken[0].sound), 0.0)
    playout.mark(f"1:g1:{item_id}:1000", 0.0)
    call.play(20)
    if cleared:
        playout.clear(0.4)
    where = {"item_id": item_id, "content_index": 0, "audio_end_ms": 390}
    session.receive({"type": "conversation.item.truncate", **where}, 0.41)
    call.play(30)
    return session, cast(LabCall, call)


def test_the_model_believes_nearly_what_was_heard() -> None:
    session, call = interrupted(cleared=True)
    assert list(heard_ms_by_item(call).values()) == [400]
    assert list(truncation_errors_ms([session], call).values()) == [-10]
    assert stray_ms([session], call) == 0


def test_sound_that_goes_on_is_found_both_ways() -> None:
    session, call = interrupted(cleared=False)
    assert list(truncation_errors_ms([session], call).values()) == [-610]
    assert stray_ms([session], call) > 500


def test_without_a_model_there_is_nothing_to_see() -> None:
    assert session_field(None, "audio.input") is None
    assert truncation_errors_ms([], None) == {}
