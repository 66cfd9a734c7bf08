"""espeak-ng: a robot's voice for more than a hundred languages; 22.05 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..audio.frame import Audio
from .program import require, speak, version_of
from .sentences import split_sentences


class EspeakNg:
    rate_hz = 24000
    """Of what we hand out: resampled here, once, with the best filter."""

    def __init__(self) -> None:
        self._program = require("espeak-ng")

    @cached_property
    def identity(self) -> str:
        return f"espeak-ng {version_of([self._program, '--version'])} en"

    def synthesise(self, text: str) -> Iterator[Audio]:
        return map(self.render, split_sentences(text))

    def render(self, sentence: str) -> Audio:
        return speak([self._program, "-v", "en", "-f", "{text}", "-w", "{wav}"], sentence, self.rate_hz)
