"""A beep is heard once, when it is over; voices, keys, exchange tones and music are none."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biami_engine.audio.beep_detector import Beep, BeepDetector
from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import Samples, from_samples, to_samples
from biami_engine.audio.tones import beep, dtmf, ringback, tones

Frames = Callable[[Samples], list[Audio]]


def heard(frames: list[Audio], detector: BeepDetector | None = None) -> list[Beep]:
    detector = detector or BeepDetector(PCMU_8K)
    return [found for frame in frames if (found := detector.process(frame)) is not None]


def after(*parts: Audio, quiet_ms: float = 500) -> Samples:
    """The parts, with quiet around them."""
    quiet = np.zeros(round(quiet_ms * 8), np.int16)
    return np.concatenate([quiet, *(to_samples(part) for part in parts), quiet])


@given(st.integers(400, 2450), st.integers(160, 2900), st.floats(-30, -3), st.integers(37, 400))
@settings(max_examples=40, deadline=None)
def test_a_beep_of_any_pitch_length_and_level(hz: int, ms: int, level_dbfs: float, chunk: int) -> None:
    sound = from_samples(PCMU_8K, after(beep(PCM16_8K, ms, hz, level_dbfs))).payload
    frames = [Audio(PCMU_8K, sound[start : start + chunk]) for start in range(0, len(sound), chunk)]
    (found,) = heard(frames)
    assert abs(found.hz - hz) < 4
    assert abs(found.began_at_ms - 500) < 50
    assert abs(found.ended_at_ms - 500 - ms) < 50
    assert 100 < found.ago_ms < 300


@pytest.mark.parametrize("snr_db", [12, 20, 30])
def test_a_beep_in_noise(snr_db: int, frames: Frames) -> None:
    random = np.random.default_rng(5)
    for _ in range(20):
        sound = after(beep(PCM16_8K, float(random.uniform(200, 1500)), float(random.uniform(420, 2400)))).astype(float)
        noise = 32768 * 10 ** ((-12 - 3 - snr_db) / 20)
        noisy = np.rint(sound + random.normal(0, noise, len(sound))).astype(np.int16)
        assert len(heard(frames(noisy))) == 1


@pytest.mark.parametrize("format", [PCMA_8K, PCM16_8K, PCM16_16K, PCM16_24K])
def test_any_format(format: AudioFormat, frames: Frames) -> None:
    whole = Converter(PCM16_8K, format).convert(from_samples(PCM16_8K, after(beep(PCM16_8K, 400))))
    assert BeepDetector(format).process(whole) is not None


def test_a_beep_right_after_words(speak: Callable[[str], Samples], frames: Frames) -> None:
    greeting = speak("Please leave a message after the tone.")
    tone = beep(PCM16_8K, 400)
    (found,) = heard(frames(np.concatenate([greeting, after(tone, quiet_ms=200)])))
    assert abs(found.ended_at_ms - (len(greeting) / 8 + 600)) < 50


def test_two_beeps_far_apart_are_two(frames: Frames) -> None:
    pause = Audio.silence(PCM16_8K, 1000)
    assert len(heard(frames(after(beep(PCM16_8K, 200), pause, beep(PCM16_8K, 400))))) == 2


def test_a_beep_that_fades_is_one(frames: Frames) -> None:
    tone = to_samples(beep(PCM16_8K, 800)).astype(float) * np.exp(-np.arange(6400) / 1600)
    assert len(heard(frames(np.concatenate([np.zeros(4000), tone, np.zeros(4000)]).astype(np.int16)))) == 1


SIT = [Audio(PCM16_8K, beep(PCM16_8K, ms, hz).payload) for hz, ms in ((985, 380), (1428, 274), (1777, 380))]
"""Special information tones: "the number you have dialled …" (ITU-T E.180)."""
MELODY = [beep(PCM16_8K, 220, hz) for hz in (523, 587, 659, 698, 784, 880, 988, 1047)]
CHORD = [tones(PCM16_8K, (523, 659, 784), 900, -18), tones(PCM16_8K, (587, 740, 880), 900, -18)]


@pytest.mark.parametrize(
    "parts",
    [
        [ringback(PCM16_8K)],
        [tones(PCM16_8K, (480, 620), 500, -16), Audio.silence(PCM16_8K, 500), tones(PCM16_8K, (480, 620), 500, -16)],
        [dtmf(PCM16_8K, "0123456789*#ABCD", 250)],
        [beep(PCM16_8K, 90)],
        [beep(PCM16_8K, 4000)],
        [beep(PCM16_8K, 400, 300)],
        [beep(PCM16_8K, 400, level_dbfs=-50)],
        SIT,
        MELODY,
        CHORD,
    ],
    ids=["ringback", "busy", "keys", "short", "long", "low", "faint", "number unknown", "melody", "chords"],
)
def test_what_is_no_beep(parts: list[Audio], frames: Frames) -> None:
    assert heard(frames(after(*parts))) == []


def test_two_minutes_of_speech_hold_no_beep(speak: Callable[[str], Samples], frames: Frames) -> None:
    text = (
        "Ooh, aah, eeh: a long sustained vowel is the hardest thing for a tone detector to leave alone.",
        "You would do well to choose two blue shoes, who knew the moon could be so cool in June.",
        "Hello, this is Karen, who is calling please, and what can I do for you this morning?",
        "Seven eleven, forty two, one hundred and twenty three; please hold the line while I connect you.",
    )
    sound = np.concatenate([speak(sentence) for sentence in text])
    seconds = 0.0
    # Faster and slower playback moves the voice's pitch, up to a small child's.
    for step in (0.75, 0.9, 1.0, 1.15, 1.4, 1.8):
        moved = np.interp(np.arange(0, len(sound) - 1, step), np.arange(len(sound)), sound).astype(np.int16)
        seconds += len(moved) / 8000
        assert heard(frames(moved)) == []
    assert seconds > 110


def test_reset_forgets_half_a_beep(frames: Frames) -> None:
    detector = BeepDetector(PCMU_8K)
    first, second = frames(after(beep(PCM16_8K, 280)))[:31], frames(after(beep(PCM16_8K, 280)))[31:]
    assert heard(first, detector) == []
    detector.reset()
    assert heard(second[6:], detector) == []
