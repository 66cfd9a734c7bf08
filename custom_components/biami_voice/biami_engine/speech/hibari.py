"""hibari-tts: a small neural English voice whose weights are in its wheel; 24 kHz, about 21 ms a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..audio.frame import PCM16_24K, Audio
from ..audio.samples import from_samples
from ..errors import MissingDependency
from .sentences import split_sentences


class Hibari:
    """Costs 1.6 s of processor time and 220 MB when it is first used."""

    rate_hz = PCM16_24K.rate_hz

    def __init__(self) -> None:
        try:
            self.identity = f"hibari {version('hibari-tts')} heart"
        except PackageNotFoundError:
            raise MissingDependency("The hibari voice is not installed: pip install hibari-tts==0.2.1") from None
        if find_spec("onnxruntime") is None:
            raise MissingDependency("The hibari voice needs onnxruntime: pip install onnxruntime")
        self._engine: Any = None

    def synthesise(self, text: str) -> Iterator[Audio]:
        return map(self.render, split_sentences(text))

    def render(self, sentence: str) -> Audio:
        # The same seed makes the same samples, whatever was said before; naming a voice would download it.
        sound = self._loaded()(sentence, seed=0)
        return from_samples(PCM16_24K, np.asarray(sound) * 32767)

    def _loaded(self) -> Any:
        if self._engine is None:
            engine = import_module("hibari").Hibari()
            engine("Warm up.", seed=0)  # the first sentence costs 0.36 s more
            self._engine = engine
        return self._engine
