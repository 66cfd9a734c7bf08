from __future__ import annotations

from pathlib import Path

import pytest

from biami_engine.errors import MissingDependency
from biami_engine.speech import SPEECH, Voices


def _installed(name: str) -> bool:
    try:
        Voices(cache=False).text_to_speech(name)
    except MissingDependency:
        return False
    return True


INSTALLED = [name for name in SPEECH if _installed(name)]


@pytest.fixture(params=INSTALLED)
def provider(request: pytest.FixtureRequest) -> str:
    """Each voice this machine has."""
    return str(request.param)


@pytest.fixture
def voices(tmp_path: Path) -> Voices:
    return Voices(cache_folder=tmp_path)
