from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, AudioFormat
from biami_engine.speech import Voices


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    """One loaded voice for all; a test that breaks it makes its own."""
    voices = Voices(cache_folder=tmp_path_factory.mktemp("speech"))
    yield voices
    asyncio.run(voices.close())


@pytest.fixture(params=[PCMU_8K, PCM16_24K], ids=["pcmu", "pcm24k"])
def wire(request: pytest.FixtureRequest) -> AudioFormat:
    chosen: AudioFormat = request.param
    return chosen
