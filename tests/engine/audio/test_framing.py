import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.framing import Framer

formats = st.sampled_from([PCMU_8K, PCM16_24K])


@given(formats, st.lists(st.binary(max_size=2500), max_size=10), st.sampled_from([10, 20, 60]))
def test_whole_frames_then_one_padded_with_silence(format: AudioFormat, chunks: list[bytes], frame_ms: int) -> None:
    framer = Framer(format, frame_ms)
    frames = [frame for chunk in chunks for frame in framer.push(Audio(format, chunk))]
    last = framer.flush()
    if last is not None:
        frames.append(last)
    assert {frame.duration_ms for frame in frames} <= {frame_ms}
    sound = b"".join(chunks)
    sound = sound[: len(sound) // format.sample_bytes * format.sample_bytes]
    joined = b"".join(frame.payload for frame in frames)
    assert joined[: len(sound)] == sound
    assert set(joined[len(sound) :]) <= set(format.silence)
    assert framer.flush() is None


def test_a_chunk_that_is_a_frame_is_passed_on_as_it_is() -> None:
    framer = Framer(PCMU_8K)
    frame = Audio.silence(PCMU_8K, 20)
    assert framer.push(frame)[0] is frame


def test_reset_drops_the_rest() -> None:
    framer = Framer(PCMU_8K)
    framer.push(Audio(PCMU_8K, b"\x00" * 100))
    framer.reset()
    assert framer.flush() is None


def test_another_format_is_our_fault() -> None:
    with pytest.raises(ValueError, match="This framer takes"):
        Framer(PCMU_8K).push(Audio.silence(PCM16_24K, 20))
