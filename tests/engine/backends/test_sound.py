from __future__ import annotations

import pytest

from biami_engine.audio.frame import PCM16_16K, PCM16_24K, PCMU_8K, Audio
from biami_engine.audio.level import rms_dbfs
from biami_engine.audio.tones import beep
from biami_engine.backends.sound import CHUNK_MS, as_format, chunks


def test_chunks_are_the_whole_and_none_is_too_long() -> None:
    sound = beep(PCM16_24K, ms=1030)
    parts = list(chunks(sound))
    assert b"".join(part.payload for part in parts) == sound.payload
    assert max(part.duration_ms for part in parts) <= CHUNK_MS
    assert len(parts) == 6


def test_nothing_has_no_chunks() -> None:
    assert list(chunks(Audio(PCMU_8K, b""))) == []


def test_another_format_sounds_as_long_and_as_loud() -> None:
    sound = beep(PCM16_16K, ms=500)
    telephone = as_format(sound, PCMU_8K)
    assert telephone.format == PCMU_8K
    assert telephone.duration_ms == pytest.approx(500, abs=1)
    assert rms_dbfs(telephone) == pytest.approx(rms_dbfs(sound), abs=0.5)


def test_the_same_format_is_the_same_sound() -> None:
    sound = beep(PCMU_8K)
    assert as_format(sound, PCMU_8K) is sound
