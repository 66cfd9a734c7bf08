"""A skipped test fails the run in CI unless its reason is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SKIPPING = """
import pytest

@pytest.mark.skip(reason="no cello here")
def test_cello(): ...

@pytest.mark.xfail(reason="known", strict=False)
def test_known(): assert False

def test_fine(): ...
"""


def run_pytest(folder: Path, allowed: str, ci: str, body: str = SKIPPING) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, folder)
    (folder / "allowed_skips.txt").write_text(f"# reasons\n{allowed}\n")
    (folder / "test_music.py").write_text(body)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "."]
    environment = {**os.environ, "CI": ci, "BIAMI_SEED": "7"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_an_unexpected_skip_fails_in_ci(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "no piano", ci="true")
    assert run.returncode == 1, run.stdout
    assert "test_music.py::test_cello: Skipped: no cello here" in run.stdout
    assert "BIAMI_SEED=7" in run.stdout


@pytest.mark.parametrize(("allowed", "ci"), [("no .* here", "true"), ("no piano", "")])
def test_an_allowed_skip_or_a_skip_at_home_does_not(tmp_path: Path, allowed: str, ci: str) -> None:
    assert run_pytest(tmp_path, allowed, ci).returncode == 0


def test_a_skipped_module_is_noticed(tmp_path: Path) -> None:
    body = "import pytest\npytest.importorskip('no_such_module_here')"
    run = run_pytest(tmp_path, "no piano", ci="true", body=body + "\n")
    assert run.returncode != 0
    assert "no_such_module_here" in run.stdout
