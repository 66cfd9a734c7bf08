"""flite: a small English voice of Debian; 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..audio.frame import Audio
from .program import require, speak, version_of
from .sentences import split_sentences

VOICE = "slt"


class Flite:
    rate_hz = 16000

    def __init__(self) -> None:
        self._program = require("flite")

    @cached_property
    def identity(self) -> str:
        return f"flite {version_of([self._program, '--version'])} {VOICE}"

    def synthesise(self, text: str) -> Iterator[Audio]:
        return map(self.render, split_sentences(text))

    def render(self, sentence: str) -> Audio:
        return speak([self._program, "-voice", VOICE, "-f", "{text}", "-o", "{wav}"], sentence, self.rate_hz)
