from __future__ import annotations

from biami_engine.audio.frame import PCMU_8K
from biami_engine.audio.level import payload_rms_dbfs
from biami_engine.audio.tones import beep
from biami_engine.lab.carrier.loudness import is_loud
from biami_engine.lab.carrier.loudspeaker import Loudspeaker
from biami_engine.lab.carrier.noises import music, noise
from biami_engine.lab.carrier.playout import FRAME_BYTES, SILENCE

LOUD = beep(PCMU_8K, ms=20).payload


def test_the_echo_is_softer_and_later() -> None:
    table = Loudspeaker(gain_db=-12, delay_ms=40)
    sent = [table.add(SILENCE, LOUD), *(table.add(SILENCE, SILENCE) for _ in range(3))]
    assert [is_loud(frame) for frame in sent] == [False, False, True, False]
    softer = payload_rms_dbfs(PCMU_8K, LOUD) - payload_rms_dbfs(PCMU_8K, sent[2])
    assert 11 < softer < 13


def test_who_speaks_is_heard_beside_the_echo() -> None:
    table = Loudspeaker(gain_db=-12, delay_ms=20)
    table.add(SILENCE, LOUD)
    assert payload_rms_dbfs(PCMU_8K, table.add(LOUD, SILENCE)) > payload_rms_dbfs(PCMU_8K, LOUD)


def test_a_canceller_learns() -> None:
    table = Loudspeaker(gain_db=-12, delay_ms=20, seconds=0.1)
    assert sum(is_loud(table.add(SILENCE, LOUD)) for _ in range(20)) == 4


def test_noise_and_music_are_loud_and_as_long_as_they_should_be() -> None:
    for sound, seconds in ((noise(0.2), 0.2), (music(7.5), 7.5)):
        assert len(sound) == seconds * 8000
        assert is_loud(sound[:FRAME_BYTES])
    assert not is_loud(music(5)[int(2.8 * 8000) : int(2.8 * 8000) + FRAME_BYTES])
