import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat

FORMATS = [PCMU_8K, PCMA_8K, PCM16_8K, PCM16_16K, PCM16_24K]
formats = st.sampled_from(FORMATS)


@pytest.mark.parametrize(
    ("format", "frame_bytes", "base64_chars", "silent_byte"),
    [(PCMU_8K, 160, 216, 0xFF), (PCMA_8K, 160, 216, 0xD5), (PCM16_16K, 640, 856, 0), (PCM16_24K, 960, 1280, 0)],
)
def test_numbers_of_a_20_ms_frame(format: AudioFormat, frame_bytes: int, base64_chars: int, silent_byte: int) -> None:
    audio = Audio.silence(format, 20)
    assert len(audio.payload) == frame_bytes
    assert len(audio.base64) == base64_chars
    assert set(audio.payload) == {silent_byte}
    assert audio.duration_ms == 20


@given(formats, st.binary(max_size=1000))
def test_lazy_duration_is_the_decoded_duration(format: AudioFormat, payload: bytes) -> None:
    lazy = Audio.from_base64(format, base64.b64encode(payload).decode())
    assert lazy.duration_ms == Audio(format, payload).duration_ms == len(payload) / format.bytes_per_ms
    assert lazy.payload == payload


@given(st.binary(max_size=1000))
def test_base64_and_payload_are_two_sides_of_one_sound(payload: bytes) -> None:
    text = base64.b64encode(payload).decode()
    assert Audio(PCMU_8K, payload).base64 == text
    assert Audio.from_base64(PCMU_8K, text).base64 is text


def test_decoding_happens_once() -> None:
    audio = Audio.from_base64(PCMU_8K, base64.b64encode(bytes(160)).decode())
    assert audio.payload is audio.payload


@pytest.mark.parametrize("text", ["abc", "ab=c", "!!!!", "AAA", "AAAA\n", "=AAA", "äöüß"])
def test_broken_base64_is_a_value_error_only_when_looked_at(text: str) -> None:
    audio = Audio.from_base64(PCMU_8K, text)
    with pytest.raises(ValueError):
        _ = audio.payload


@given(formats, st.integers(0, 300), st.integers(0, 50), st.integers(0, 50))
def test_slices_join_to_the_whole(format: AudioFormat, size: int, first: int, second: int) -> None:
    payload = bytes(index % 251 for index in range(size * format.sample_bytes))
    audio = Audio(format, payload)
    low, high = sorted((first, second))
    parts = [audio.slice(0, low), audio.slice(low, high), audio.slice(high)]
    assert b"".join(part.payload for part in parts) == payload
    assert all(len(part.payload) % format.sample_bytes == 0 for part in parts)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_slice_is_cut_at_whole_samples(start: float, end: float) -> None:
    part = Audio.silence(PCM16_24K, 100).slice(start, end)
    assert len(part.payload) % 2 == 0
    assert part.duration_ms == pytest.approx(max(0.0, end - start), abs=1 / 24)


def test_repr_names_format_and_length_but_not_the_sound() -> None:
    assert repr(Audio.silence(PCMU_8K, 20)) == "Audio(pcmu/8000, 20 ms)"
