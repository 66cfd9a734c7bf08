import io
import struct
import wave
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCM16_8K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.wav import read_wav, wav_header, write_wav

formats = st.sampled_from([PCM16_24K, PCMU_8K, PCMA_8K])


def whole(format: AudioFormat, payload: bytes) -> Audio:
    return Audio(format, payload[: len(payload) // format.sample_bytes * format.sample_bytes])


@given(formats, st.binary(max_size=500))
def test_written_and_read_is_the_same(format: AudioFormat, payload: bytes) -> None:
    sound = whole(format, payload)
    again = read_wav(write_wav(sound))
    assert (again.format, again.payload) == (format, sound.payload)


@given(formats, st.binary(max_size=300), st.binary(max_size=300))
def test_stereo_keeps_both_sides(format: AudioFormat, left: bytes, right: bytes) -> None:
    one, two = whole(format, left), whole(format, right)
    first, second = read_wav(write_wav(one, two)), read_wav(write_wav(two, one))
    for sound, original in ((first, one), (second, two)):
        assert sound.payload[: len(original.payload)] == original.payload
        assert set(sound.payload[len(original.payload) :]) <= set(format.silence)
    assert first.duration_ms == second.duration_ms == max(one.duration_ms, two.duration_ms)


def test_pythons_own_reader_agrees() -> None:
    left, right = Audio(PCM16_8K, b"\x01\x00\x02\x00"), Audio(PCM16_8K, b"\x03\x00")
    with wave.open(io.BytesIO(write_wav(left, right))) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 2)
        assert file.readframes(2) == b"\x01\x00\x03\x00\x02\x00\x00\x00"


def test_pythons_own_writer_is_understood() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 24000, 0, "NONE", ""))
        file.writeframes(b"\x01\x02" * 100)
    sound = read_wav(buffer.getvalue())
    assert (sound.format, sound.payload) == (PCM16_24K, b"\x01\x02" * 100)


@pytest.mark.parametrize(("format", "tag", "length"), [(PCM16_8K, 1, 44), (PCMA_8K, 6, 58), (PCMU_8K, 7, 58)])
def test_header(format: AudioFormat, tag: int, length: int) -> None:
    header = wav_header(format, 2, 1000)
    assert len(header) == length
    assert struct.unpack_from("<HHI", header, 20) == (tag, 2, 8000)
    assert struct.unpack_from("<I", header, 4)[0] == length - 8 + 1000
    assert header.endswith(struct.pack("<4sI", b"data", 1000))


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"".join(chunks)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def fmt(tag: int, bits: int, channels: int = 1, rate_hz: int = 8000, more: bytes = b"") -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, 0, 0, bits) + more)


def test_other_chunks_unknown_sizes_and_the_extensible_format_are_read() -> None:
    extensible = fmt(0xFFFE, 16, more=struct.pack("<HHIH", 22, 16, 0, 1) + bytes(14))
    stream = riff(chunk(b"LIST", b"odd"), extensible) + struct.pack("<4sI", b"data", 0xFFFFFFFF) + b"\1\0\2\0"
    sound = read_wav(stream)
    assert (sound.format, sound.payload) == (PCM16_8K, b"\1\0\2\0")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This is not a WAV file."),
        (b"ID3" + bytes(100), "This is not a WAV file."),
        (riff(), "The WAV file has no sound in it."),
        (riff(fmt(1, 16)), "The WAV file has no sound in it."),
        (riff(chunk(b"data", b"12")), "The WAV file has no format before its sound."),
        (riff(chunk(b"fmt ", b"short"), chunk(b"data", b"12")), "The WAV file's format is cut off."),
        (
            riff(fmt(1, 24), chunk(b"data", b"123")),
            "The WAV file is of format 1 with 24 bits; 16-bit PCM, A-law and µ-law can be read.",
        ),
        (riff(fmt(1, 16, channels=0), chunk(b"data", b"")), "The WAV file claims 0 channels at 8000 Hz."),
        (riff(fmt(7, 8, rate_hz=0), chunk(b"data", b"")), "The WAV file claims 1 channels at 0 Hz."),
        (riff(fmt(7, 8), chunk(b"data", b"123456"))[:-4], "The WAV file is cut off: 4 bytes of its sound are missing."),
    ],
)
def test_a_broken_file_is_named_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ValueError) as failure:
        read_wav(data)
    assert str(failure.value) == sentence


@given(st.binary(max_size=120), st.integers(0, 60))
def test_garbage_is_a_value_error_or_a_sound(garbage: bytes, keep: int) -> None:
    for data in (garbage, write_wav(Audio(PCMU_8K, b"12345"))[:keep] + garbage):
        with suppress(ValueError):
            assert read_wav(data).duration_ms >= 0


def test_two_formats_do_not_make_a_stereo_file() -> None:
    with pytest.raises(ValueError, match="must have one format"):
        write_wav(Audio.silence(PCMU_8K, 20), Audio.silence(PCM16_8K, 20))
