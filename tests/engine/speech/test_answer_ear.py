"""What the ear tells of a call's first seconds, on real speech."""

from __future__ import annotations

import numpy as np
import pytest

from biami_engine.audio.beep_detector import Beep
from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_8K, PCMU_8K, Audio
from biami_engine.audio.samples import from_samples, to_samples
from biami_engine.audio.tones import beep
from biami_engine.audio.vad import VadEdge
from biami_engine.speech import Voices
from biami_engine.speech.answer_ear import AnswerEar, Heard, Utterance


@pytest.fixture(scope="module")
def voices() -> Voices:
    return Voices(cache=False)


def spoken(voices: Voices, text: str) -> bytes:
    audios = voices.text_to_speech("hibari").synthesise(text)
    return b"".join(Converter(audio.format, PCMU_8K).convert(audio).payload for audio in audios)


def quiet(seconds: float) -> bytes:
    return Audio.silence(PCMU_8K, seconds * 1000).payload


def listen(voices: Voices, sound: bytes) -> list[Heard]:
    ear = AnswerEar(PCMU_8K, voices.voice_activity(PCMU_8K))
    found: list[Heard] = []
    for start in range(0, len(sound), 160):
        found += ear.hear(Audio(PCMU_8K, sound[start : start + 160]))
    return found


def test_a_greeting_with_a_beep(voices: Voices) -> None:
    tone = from_samples(PCMU_8K, to_samples(beep(PCM16_8K, 400))).payload
    found = listen(voices, quiet(1) + spoken(voices, "Hello, please leave a message.") + quiet(0.3) + tone + quiet(2))
    kinds = [heard.kind if isinstance(heard, VadEdge) else type(heard).__name__ for heard in found]
    assert [kind for kind in kinds if kind != "Utterance"] == ["started", "stopped", "Beep"]
    assert kinds.index("Utterance") > kinds.index("started")
    (tone_heard,) = [heard for heard in found if isinstance(heard, Beep)]
    assert abs(tone_heard.hz - 1000) < 3


def test_an_utterance_holds_all_its_words(voices: Voices) -> None:
    found = listen(voices, quiet(2) + spoken(voices, "Good morning, everyone.") + quiet(1.5))
    (utterance,) = [heard for heard in found if isinstance(heard, Utterance) and heard.final]
    assert "good morning" in voices.speech_to_text().transcribe(utterance.audio).text.lower()
    assert utterance.audio.duration_ms < 3500


def test_long_speech_is_told_in_pieces_and_cut(voices: Voices) -> None:
    sentence = spoken(voices, "There are many things to say about this house and about the people who live in it.")
    sound = np.frombuffer(sentence, np.uint8)
    found = listen(voices, quiet(1) + sound.tobytes()[1600:-2400] * 7 + quiet(1.5))
    utterances = [heard for heard in found if isinstance(heard, Utterance)]
    assert len([utterance for utterance in utterances if not utterance.final]) > 8
    assert len([utterance for utterance in utterances if utterance.final]) >= 2
    assert max(utterance.audio.duration_ms for utterance in utterances) < 13_500
    lengths = [utterance.audio.duration_ms for utterance in utterances[:5]]
    assert lengths == sorted(lengths)


def test_silence_tells_nothing(voices: Voices) -> None:
    assert listen(voices, quiet(20)) == []
