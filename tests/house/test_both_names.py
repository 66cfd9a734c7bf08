"""The engine is `biami_engine` for the daemon and `custom_components.biami_voice.biami_engine` for Home Assistant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOADER = Path(__file__).with_name("load_engine.py")
DAEMON = "biami_engine"
HOME_ASSISTANT = "custom_components.biami_voice.biami_engine"


def loaded(tmp_path: Path, *arguments: str) -> set[str]:
    command = [sys.executable, "-W", "error", str(LOADER), *arguments]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def rooms(modules: set[str], name: str) -> set[str]:
    return {module.removeprefix(name) for module in modules if module.startswith(f"{name}.")}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, root: Path) -> tuple[set[str], set[str]]:
    folder = tmp_path_factory.mktemp("elsewhere")
    return loaded(folder, DAEMON), loaded(folder, HOME_ASSISTANT, str(root))


def test_each_name_loads_without_the_other(both: tuple[set[str], set[str]]) -> None:
    as_daemon, in_home_assistant = both
    assert not {name for name in as_daemon if name.split(".")[0] in ("custom_components", "homeassistant", "probatio")}
    assert not {name for name in in_home_assistant if name.split(".")[0] in ("biami_engine", "biami_voice_daemon")}


def test_both_names_have_every_module(both: tuple[set[str], set[str]], engine_dir: Path) -> None:
    as_daemon, in_home_assistant = both
    assert rooms(as_daemon, DAEMON) == rooms(in_home_assistant, HOME_ASSISTANT)
    on_disk = {
        "".join(f".{part}" for part in path.relative_to(engine_dir).with_suffix("").parts).removesuffix(".__init__")
        for path in engine_dir.rglob("*.py")
        if path.name != "__main__.py"
    }
    missing = on_disk - {""} - rooms(as_daemon, DAEMON)
    assert not missing, "a folder without __init__.py?"


def test_an_engine_that_only_listens_loads_no_optional_package(tmp_path: Path) -> None:
    """What a configuration does not use is not imported (a Raspberry Pi has little memory)."""
    code = (
        "import sys, biami_engine.engine\n"
        "heavy = {'onnxruntime', 'hibari', 'twilio', 'soxr', 'sqlalchemy.dialects.postgresql'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
