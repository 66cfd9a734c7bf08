from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio import g711
from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import from_samples, to_samples

FORMATS = [PCMU_8K, PCMA_8K, PCM16_8K, PCM16_16K, PCM16_24K, AudioFormat("pcm16", 48000), AudioFormat("pcmu", 16000)]
formats = st.sampled_from(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_format_is_the_same_object_and_stays_undecoded(format: AudioFormat) -> None:
    broken = Audio.from_base64(format, "!!!!")
    assert Converter(format, format).convert(broken) is broken


@given(formats, formats, st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_any_chunking_gives_the_same_bytes(
    source: AudioFormat, target: AudioFormat, sizes: list[int], seed: int
) -> None:
    # Bytes, not samples: a peer may cut PCM16 in the middle of a sample.
    payload = np.random.default_rng(seed).bytes(sum(sizes) // source.sample_bytes * source.sample_bytes)
    whole = Converter(source, target)
    expected = whole.convert(Audio(source, payload)).payload + whole.flush().payload
    chunked = Converter(source, target)
    cuts = [0, *np.cumsum(sizes).tolist()]
    pieces = [chunked.convert(Audio(source, payload[start:end])).payload for start, end in pairwise(cuts)]
    assert b"".join(pieces) + chunked.flush().payload == expected


@given(st.binary(max_size=320))
def test_g711_to_g711_is_a_translation(payload: bytes) -> None:
    converted = Converter(PCMU_8K, PCMA_8K).convert(Audio(PCMU_8K, payload))
    assert converted.payload == g711.translate("pcmu", "pcma", payload)
    assert converted.format == PCMA_8K


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_a_tone_survives_the_way_there_and_back(source: AudioFormat, target: AudioFormat) -> None:
    time = np.arange(source.rate_hz // 2) / source.rate_hz
    original = np.rint(8000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)
    there, back = Converter(source, target), Converter(target, source)
    again = to_samples(back.convert(there.convert(from_samples(source, original)))).astype(float)
    delay = round((there.delay_ms + back.delay_ms) * source.rate_hz / 1000)
    error = again[delay + 1000 :] - original[1000 : len(original) - delay]
    g711_involved = "pcm16" not in (source.encoding, target.encoding) or source.encoding != target.encoding
    assert 10 * np.log10(8000**2 / 2 / max(float(np.mean(error**2)), 1e-9)) > (25 if g711_involved else 65)


@pytest.mark.parametrize(("source", "target"), [(PCMU_8K, PCM16_24K), (PCM16_24K, PCMU_8K), (PCM16_24K, PCM16_16K)])
def test_reset_leaves_nothing_of_the_past(source: AudioFormat, target: AudioFormat) -> None:
    converter = Converter(source, target)
    converter.convert(from_samples(source, np.full(500, 20000, np.int16)))
    converter.reset()
    quiet = converter.convert(Audio.silence(source, 20))
    assert quiet.payload == Audio.silence(target, 20).payload


def test_flush_ends_the_utterance() -> None:
    converter = Converter(PCM16_24K, PCMU_8K)
    converter.convert(from_samples(PCM16_24K, np.full(480, 20000, np.int16)))
    assert converter.flush().duration_ms == converter.delay_ms == 2.25
    assert Converter(PCMU_8K, PCM16_8K).flush().duration_ms == 0


def test_another_format_than_agreed_is_our_fault() -> None:
    with pytest.raises(ValueError, match="takes AudioFormat"):
        Converter(PCMU_8K, PCM16_8K).convert(Audio.silence(PCMA_8K, 20))
