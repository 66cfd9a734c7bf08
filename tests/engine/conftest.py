"""What several rooms of the engine are tested against."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PINNED_TWILIO = "6.32.0"
"""What Home Assistant pins."""


@pytest.fixture(scope="session")
def pinned_twilio() -> Path:
    """The old SDK in a folder of its own, fetched once: it belongs onto PYTHONPATH."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "biami-voice"
    folder = cache / f"twilio-{PINNED_TWILIO}"
    if not folder.exists():
        unfinished = folder.with_suffix(f".{os.getpid()}")
        tool = ["uv", "pip", "install", "--python", sys.executable]
        if shutil.which("uv") is None:
            tool = [sys.executable, "-m", "pip", "install"]
        subprocess.run([*tool, "--quiet", "--target", str(unfinished), f"twilio=={PINNED_TWILIO}"], check=True)
        unfinished.rename(folder)
    return folder
