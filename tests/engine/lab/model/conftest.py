from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from biami_engine.speech import Voices


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    """One loaded voice for all."""
    voices = Voices(cache_folder=tmp_path_factory.mktemp("speech"))
    yield voices
    asyncio.run(voices.close())
