from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import Samples
from biami_engine.audio.tones import beep
from biami_engine.audio.vad import EnergyVad, VadEdge, VadSettings, VadState

Speak = Callable[[str], Samples]
Frames = Callable[[Samples], list[Audio]]

SENTENCES = (
    "Hello, I would like to book an appointment for Tuesday.",
    "Yes please.",
    "What is the weather like tomorrow?",
    "She sells sea shells by the sea shore.",
    "Five five five, one two three four.",
    "Thank you very much, that is all I need today.",
    "Can you call my mother?",
    "No.",
)
PAUSE = np.zeros(12_000, np.int16)


def edges(vad: EnergyVad, frames: list[Audio]) -> list[tuple[float, VadEdge]]:
    """Each edge with the stream's time at which it was told."""
    told, now_ms = [], 0.0
    for frame in frames:
        now_ms += frame.duration_ms
        edge = vad.process(frame)
        if edge is not None:
            told.append((now_ms, edge))
    return told


def audible(samples: Samples) -> tuple[float, float]:
    """When the speech in a clean recording begins and ends, in ms: within 30 dB of its loudest 10 ms."""
    pieces = samples[: len(samples) // 80 * 80].reshape(-1, 80).astype(float)
    level = 10 * np.log10((pieces**2).mean(axis=1) / 32768**2 + 1e-10)
    loud = np.nonzero(level > level.max() - 30)[0]
    return float(loud[0]) * 10, float(loud[-1] + 1) * 10


@pytest.mark.parametrize("noise_dbfs", [-96, -60, -50])
def test_real_speech_is_heard_within_100_ms_and_ends_after_the_hang_over(
    noise_dbfs: float, speak: Speak, frames: Frames
) -> None:
    parts, truth, position = [PAUSE], [], len(PAUSE) / 8
    for sentence in SENTENCES:
        start, end = audible(speak(sentence))
        truth.append((position + start, position + end))
        parts += [speak(sentence), PAUSE]
        position += (len(speak(sentence)) + len(PAUSE)) / 8
    noise = np.random.default_rng(0).normal(0, 32768 * 10 ** (noise_dbfs / 20), int(position * 8))
    told = edges(EnergyVad(PCMU_8K), frames(np.rint(np.concatenate(parts) + noise).astype(np.int16)))
    assert [edge.kind for _, edge in told] == ["started", "stopped"] * len(SENTENCES)
    start_delays = [told[2 * index][0] - start for index, (start, _) in enumerate(truth)]
    stop_delays = [told[2 * index + 1][0] - end for index, (_, end) in enumerate(truth)]
    assert median(start_delays) <= 80
    assert max(start_delays) <= 120
    assert min(stop_delays) >= 350
    assert max(stop_delays) <= 620


def test_single_clicks_are_not_speech_and_do_not_prolong_it(speak: Speak, frames: Frames) -> None:
    clicks = np.zeros(40_000, np.int16)
    clicks[2000::4000] = 30000
    clicks[2001::4000] = -30000
    assert edges(EnergyVad(PCMU_8K), frames(clicks)) == []
    sentence = speak("Yes please.")
    after = np.concatenate([PAUSE, sentence, PAUSE])
    with_click = after.copy()
    with_click[len(PAUSE) + len(sentence) + 1000] = 30000
    assert edges(EnergyVad(PCMU_8K), frames(with_click)) == edges(EnergyVad(PCMU_8K), frames(after))


def test_an_edge_tells_when_it_really_was(frames: Frames) -> None:
    sound = np.concatenate([PAUSE, np.full(8000, 8000, np.int16), PAUSE])
    told = edges(EnergyVad(PCMU_8K), frames(sound))
    assert told == [(1560, VadEdge("started", 1500, 60)), (3000, VadEdge("stopped", 2500, 500))]


def test_the_hang_over_is_a_setting(frames: Frames) -> None:
    sound = np.concatenate([np.full(8000, 8000, np.int16), PAUSE])
    told = edges(EnergyVad(PCMU_8K, VadSettings(start_ms=100, stop_ms=200)), frames(sound))
    assert told == [(100, VadEdge("started", 0, 100)), (1200, VadEdge("stopped", 1000, 200))]


def test_states_follow_each_other(frames: Frames) -> None:
    vad = EnergyVad(PCMU_8K)
    states = [vad.state]
    for frame in frames(np.concatenate([np.full(1600, 8000, np.int16), PAUSE])):
        vad.process(frame)
        if vad.state is not states[-1]:
            states.append(vad.state)
    assert states == [VadState.QUIET, VadState.STARTING, VadState.SPEAKING, VadState.STOPPING, VadState.QUIET]


def test_a_steady_noise_becomes_the_floor(frames: Frames) -> None:
    noise = np.rint(np.random.default_rng(0).normal(0, 650, 160_000)).astype(np.int16)  # -34 dBFS for 20 s
    vad = EnergyVad(PCMU_8K)
    edges(vad, frames(noise))
    assert not vad.speaking
    assert vad.noise_floor_dbfs == pytest.approx(-34, abs=1.5)


@pytest.mark.parametrize("format", [PCMU_8K, PCMA_8K, PCM16_24K, AudioFormat("pcm16", 48000)])
def test_any_format_is_heard_alike(format: AudioFormat) -> None:
    pause = Audio.silence(format, 1000)
    sound = pause.payload + beep(format, ms=500).payload + pause.payload
    size = int(format.bytes_per_ms * 20)
    told = edges(EnergyVad(format), [Audio(format, sound[at : at + size]) for at in range(0, len(sound), size)])
    assert told == [(1060, VadEdge("started", 1000, 60)), (2000, VadEdge("stopped", 1500, 500))]


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=20))
def test_edges_do_not_depend_on_the_chunks(cuts: list[int]) -> None:
    sound = b"".join([b"\xff" * 8000, b"\x90" * 4000, b"\xff" * 8000, b"\x90" * 2000, b"\xff" * 8000])
    bounds = [0, *sorted({min(cut, 29_999) for cut in np.cumsum(cuts).tolist()}), len(sound)]
    vad = EnergyVad(PCMU_8K)
    told = []
    chunks = [Audio(PCMU_8K, sound[start:end]) for start, end in zip(bounds, bounds[1:], strict=False)]
    for chunk in [*chunks, *[Audio(PCMU_8K, b"")] * 4]:
        if (edge := vad.process(chunk)) is not None:
            told.append((edge.kind, edge.at_ms))
    assert told == [("started", 1000), ("stopped", 1500), ("started", 2500), ("stopped", 2760)]


def test_reset_is_as_new(frames: Frames) -> None:
    vad = EnergyVad(PCMU_8K)
    sound = frames(np.concatenate([PAUSE, np.full(8000, 8000, np.int16)]))
    first = edges(vad, sound)
    vad.reset()
    assert not vad.speaking
    assert edges(vad, sound) == first != []
