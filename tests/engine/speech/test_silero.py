"""Voices are heard; whatever else a telephone brings is not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_8K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import from_samples
from biami_engine.audio.tones import beep, dtmf, ringback
from biami_engine.audio.vad import EnergyVad, VadEdge
from biami_engine.errors import NotFound
from biami_engine.speech import Voices
from biami_engine.speech.port import VoiceActivity
from biami_engine.speech.silero import SileroVad


def edges(vad: VoiceActivity, sound: Audio, chunk_ms: int = 20) -> list[VadEdge]:
    found = []
    for start in range(0, int(sound.duration_ms) + 1, chunk_ms):
        edge = vad.process(sound.slice(start, start + chunk_ms))
        if edge is not None:
            found.append(edge)
    return found


@pytest.fixture(scope="module")
def two_sentences() -> tuple[Audio, list[float]]:
    """1 s of quiet, a sentence, 1.5 s, a sentence, 1.5 s; and where sound begins and ends."""
    voice = Voices(cache=False).text_to_speech("hibari")
    sound, marks = Audio.silence(PCMU_8K, 1000).payload, [1000.0]
    for text in ("I would like to book a table.", "It is for four people tonight."):
        (audio,) = voice.synthesise(text)
        sound += Converter(audio.format, PCMU_8K).convert(audio).payload
        marks.append(len(sound) / 8)
        sound += Audio.silence(PCMU_8K, 1500).payload
        marks.append(len(sound) / 8)
    return Audio(PCMU_8K, sound), marks


@pytest.mark.parametrize("chunk_ms", [20, 7, 100])
def test_each_sentence_begins_and_ends(two_sentences: tuple[Audio, list[float]], chunk_ms: int) -> None:
    sound, marks = two_sentences
    found = edges(SileroVad(PCMU_8K), sound, chunk_ms)
    assert [edge.kind for edge in found] == ["started", "stopped"] * 2
    for edge, mark in zip(found, marks, strict=False):
        assert abs(edge.at_ms - mark) < 500  # hibari's sound begins with 0.3 s of near silence
        assert 0 <= edge.ago_ms < 700


@pytest.mark.parametrize("format", [PCMA_8K, PCM16_8K, PCM16_24K])
def test_any_format(two_sentences: tuple[Audio, list[float]], format: AudioFormat) -> None:
    sound = Converter(PCMU_8K, format).convert(two_sentences[0])
    assert len(edges(SileroVad(format), sound)) == 4


def test_edges_found_in_one_chunk_come_one_a_call(two_sentences: tuple[Audio, list[float]]) -> None:
    vad = SileroVad(PCMU_8K)
    first = vad.process(two_sentences[0])
    rest = [vad.process(Audio(PCMU_8K, b"")) for _ in range(4)]
    kinds = [edge.kind for edge in (first, *rest) if edge is not None]
    assert kinds == ["started", "stopped", "started", "stopped"]
    times = [edge.at_ms for edge in (first, *rest) if edge is not None]
    assert all(before < after for before, after in pairwise(times))


@pytest.mark.parametrize(
    "sound",
    [
        ringback(PCMU_8K),
        dtmf(PCMU_8K, "0123456789*#"),
        beep(PCMU_8K, 1000),
        from_samples(PCMU_8K, np.random.default_rng(3).normal(0, 300, 40000)),
    ],
    ids=["ringback", "keys", "beep", "noise"],
)
def test_what_is_no_voice_is_not_speech(sound: Audio) -> None:
    assert edges(SileroVad(PCMU_8K), sound) == []


def test_silence_does_not_ask_the_model() -> None:
    vad = SileroVad(PCMU_8K)
    vad.process(Audio.silence(PCMU_8K, 10_000))
    assert vad.frames_asked == 0


def test_reset_is_a_new_stream(two_sentences: tuple[Audio, list[float]]) -> None:
    vad = SileroVad(PCMU_8K)
    once = edges(vad, two_sentences[0].slice(0, 2000))
    assert vad.speaking
    vad.reset()
    assert not vad.speaking
    assert edges(vad, two_sentences[0].slice(0, 2000)) == once


def test_detectors_have_names() -> None:
    voices = Voices(cache=False)
    assert isinstance(voices.voice_activity(PCMU_8K), SileroVad)
    assert isinstance(voices.voice_activity(PCMU_8K, "energy"), EnergyVad)
    with pytest.raises(NotFound, match="'ear'.*silero"):
        voices.voice_activity(PCMU_8K, "ear")
