"""Stages by name: what is missing is one sentence, and models of the user's own are used as they are."""

from __future__ import annotations

import asyncio
import os
import sys
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from biami_engine.errors import MissingDependency, NotFound
from biami_engine.speech import Voices
from biami_engine.speech.http import HttpPool
from biami_engine.speech.stages import StageServices, synthesiser, transcriber

SCRIPT = Path(__file__).with_name("model_stages.py")


@pytest.fixture
def lent(voices: Voices, tmp_path: Path) -> StageServices:
    return StageServices(voices, HttpPool(), str(tmp_path))


def test_unknown_stages_name_the_known_ones(lent: StageServices) -> None:
    with pytest.raises(NotFound, match="known: offline, wyoming, faster_whisper, openai"):
        transcriber("whisper", {}, lent)
    with pytest.raises(NotFound, match="known: offline, wyoming, piper, openai"):
        synthesiser("marin", {}, lent)


def test_missing_packages_and_models_are_one_sentence(lent: StageServices) -> None:
    with pytest.raises(MissingDependency, match=r"faster-whisper==1\.2\.1|no Whisper model"):
        transcriber("faster_whisper", {"model": "nowhere"}, lent)
    with pytest.raises(MissingDependency, match=r"piper-tts==1\.8\.0|a Piper voice is"):
        synthesiser("piper", {"model": "nowhere.onnx"}, lent)


async def test_models_of_the_users_own(tmp_path: Path) -> None:
    """In a process of its own, with the packages of the real Wyoming servers."""
    venv = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "biami-voice", "wyoming")
    if not (venv / ".setup").exists():
        pytest.skip("there are no real Wyoming servers here: run scripts/servers wyoming")
    site = venv / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    if not site.exists():
        pytest.skip("the real Wyoming servers are installed for another Python")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(SCRIPT), str(site)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0
    heard, silence = out.decode().splitlines()
    assert SequenceMatcher(None, heard, "The kitchen light is on.").ratio() > 0.7, heard  # Piper draws its noise anew
    assert silence == "'' 0.0"
