from __future__ import annotations

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio, AudioFormat
from biami_engine.audio.framing import Framer
from biami_engine.audio.tones import beep
from biami_engine.backends.hearing import Began, Ended, Hearing


def listen(hearing: Hearing, *sounds: Audio) -> list[Began | Ended]:
    framer = Framer(hearing.format)
    heard = [hearing.hear(frame) for sound in sounds for frame in framer.push(sound)]
    return [event for event in heard if event is not None]


def quiet(format: AudioFormat, ms: float) -> Audio:
    return Audio.silence(format, ms)


def test_a_turn_has_a_beginning_an_end_and_a_length() -> None:
    hearing = Hearing(PCMU_8K)
    began, ended = listen(hearing, quiet(PCMU_8K, 300), beep(PCMU_8K, ms=800), quiet(PCMU_8K, 700))
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert ended.duration_ms == pytest.approx(800, abs=40)
    assert not hearing.speaking


def test_commit_ends_a_turn_at_once_and_only_where_there_is_one() -> None:
    hearing = Hearing(PCMU_8K)
    assert hearing.commit() is None
    listen(hearing, quiet(PCMU_8K, 300), beep(PCMU_8K, ms=600))
    ended = hearing.commit()
    assert ended is not None
    assert ended.duration_ms == pytest.approx(600, abs=40)
    assert hearing.commit() is None
    assert len(listen(hearing, quiet(PCMU_8K, 300), beep(PCMU_8K, ms=600), quiet(PCMU_8K, 700))) == 2
