"""An utterance as recognisers want it: PCM16 of one rate."""

from __future__ import annotations

from ..audio.frame import Audio, AudioFormat
from ..audio.resample import resample_whole
from ..audio.samples import from_samples, to_samples

RATE_HZ = 16000
"""What all of them were trained on."""


def as_pcm16(audio: Audio, rate_hz: int = RATE_HZ) -> Audio:
    """A whole sound, resampled with the best filter there is."""
    samples = resample_whole(to_samples(audio), audio.format.rate_hz, rate_hz)
    return from_samples(AudioFormat("pcm16", rate_hz), samples)
