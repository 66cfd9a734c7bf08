"""The import contracts bite: a bad import, planted in a copy of the tree, breaks the contract that forbids it.

Both names of the engine are tried, because a contract with a wrong root passes without checking anything.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Side:
    """One name of the engine: where its copy lies, who its host is, and which file holds its contracts."""

    engine: str
    host: str
    config: str

    @property
    def engine_name(self) -> str:
        return self.engine.replace("/", ".")


DAEMON = Side("biami_engine", "biami_voice_daemon", "pyproject.toml")
HOME_ASSISTANT = Side(
    "custom_components/biami_voice/biami_engine", "custom_components/biami_voice", "importlinter-homeassistant.toml"
)
SIDES = [pytest.param(DAEMON, id="daemon"), pytest.param(HOME_ASSISTANT, id="homeassistant")]

CLOCKS_AND_SOCKETS = ("asyncio", "threading", "socket", "time", "aiohttp", "websockets", "sqlalchemy")
PRIVATE_ROOMS = (
    "audio",
    "backends",
    "calllog",
    "calls",
    "core",
    "speech",
    "streams",
    "tools.planted",
    "transports",
)


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """The packages and contracts, laid out so that both names are importable from the working directory."""
    bytecode = shutil.ignore_patterns("__pycache__", "static")
    component = root / "custom_components"
    shutil.copytree(component, tmp_path / "custom_components", ignore=bytecode)
    shutil.copytree(component / "biami_voice" / "biami_engine", tmp_path / "biami_engine", ignore=bytecode)
    shutil.copytree(root / "standalone" / "biami_voice_daemon", tmp_path / "biami_voice_daemon", ignore=bytecode)
    for config in (DAEMON.config, HOME_ASSISTANT.config):
        shutil.copy(root / config, tmp_path)
    return tmp_path


def lint_imports(tree: Path, side: Side, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [BIN / "lint-imports", "--no-logo", "--no-cache", *arguments, side.config]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, env={"COLUMNS": "500"})


def assert_broken(tree: Path, side: Side, contract: str, *seen: str) -> None:
    run = lint_imports(tree, side, "--contract", contract)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 broken" in run.stdout, run.stdout
    for words in seen:
        assert words in run.stdout, f"{words!r} is not in\n{run.stdout}"


@pytest.mark.parametrize("side", SIDES)
def test_the_tree_as_it_is_keeps_every_contract(tree: Path, side: Side) -> None:
    run = lint_imports(tree, side)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("room", "line", "target"),
    [
        ("core", "from ..transports import port", "transports"),
        ("audio", "from ..core import events", "core"),
        ("calls", "from .. import web", "web"),
        ("errors", "from . import config", "config"),
        ("transports", "from ..backends import port", "backends"),
        ("calllog", "def later() -> None:\n    from ..tools import planted", "tools"),
        ("speech", "from .. import streams", "streams"),
    ],
)
def test_rooms_point_one_way(tree: Path, side: Side, room: str, line: str, target: str) -> None:
    engine = tree / side.engine
    (engine / "tools" / "planted.py").touch()
    if (engine / room).is_dir():
        (engine / room / "planted.py").write_text(line)
    else:
        with (engine / f"{room}.py").open("a") as module:
            module.write(f"\n{line}\n")
    assert_broken(tree, side, "rooms", f"{side.engine_name}.{room}", f"{side.engine_name}.{target}")


@pytest.mark.parametrize("side", SIDES)
def test_a_new_room_must_be_declared(tree: Path, side: Side) -> None:
    (tree / side.engine / "cellar.py").touch()
    assert_broken(tree, side, "rooms", "cellar")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("room", ["core", "audio"])
def test_the_pure_rooms_stay_pure(tree: Path, side: Side, room: str) -> None:
    lines = [f"import {name}" for name in CLOCKS_AND_SOCKETS]
    (tree / side.engine / room / "planted.py").write_text("\n".join(lines))
    planted = f"{side.engine_name}.{room}.planted"
    assert_broken(tree, side, "pure", *(f"{planted} -> {name}" for name in CLOCKS_AND_SOCKETS))


@pytest.mark.parametrize(
    ("side", "hosts"),
    [
        pytest.param(DAEMON, ("homeassistant", "probatio", "custom_components", "biami_voice_daemon"), id="daemon"),
        pytest.param(HOME_ASSISTANT, ("homeassistant", "probatio", "biami_voice_daemon"), id="homeassistant"),
    ],
)
def test_the_engine_knows_no_host(tree: Path, side: Side, hosts: tuple[str, ...]) -> None:
    (tree / side.engine / "tools" / "planted.py").write_text("\n".join(f"import {host}" for host in hosts))
    planted = f"{side.engine_name}.tools.planted"
    assert_broken(tree, side, "no-host", *(f"{planted} -> {host}" for host in hosts))


@pytest.mark.parametrize("side", SIDES)
def test_hosts_enter_by_the_public_doors(tree: Path, side: Side) -> None:
    engine = tree / side.engine
    for name in ("planted", "ports"):
        (engine / "tools" / f"{name}.py").touch()
    rooms = [f"{side.engine_name}.{room}" for room in PRIVATE_ROOMS]
    doors = [f"{side.engine_name}.{door}" for door in ("interface", "config", "errors", "web", "lab", "tools.ports")]
    host = tree / side.host / "planted.py"

    host.write_text("\n".join(f"import {name}" for name in doors))
    assert lint_imports(tree, side, "--contract", "private-rooms").returncode == 0

    host.write_text("\n".join(f"import {name}" for name in rooms))
    assert_broken(tree, side, "private-rooms", *rooms)


def test_home_assistant_never_loads_the_second_name(tree: Path) -> None:
    (tree / HOME_ASSISTANT.host / "planted.py").write_text("import biami_engine.interface")
    assert_broken(tree, HOME_ASSISTANT, "one-name", "custom_components.biami_voice.planted")


@pytest.mark.parametrize(
    "name", ["biami_engine.core", "custom_components.biami_voice", "homeassistant.core", "probatio"]
)
def test_ruff_bans_absolute_names_inside_the_engine_only(root: Path, name: str) -> None:
    def codes(path: str) -> str:
        command = [BIN / "ruff", "check", "--output-format=concise", "--stdin-filename", path, "-"]
        source = f"import {name}\n\nprint({name})\n"
        return subprocess.run(command, cwd=root, input=source, capture_output=True, text=True, check=False).stdout

    assert "TID251" in codes("custom_components/biami_voice/biami_engine/core/planted.py")
    assert "TID251" not in codes("standalone/biami_voice_daemon/planted.py")
    assert "TID251" not in codes("custom_components/biami_voice/planted.py")


def test_no_relative_import_climbs_out_of_the_engine(engine_dir: Path) -> None:
    for path in engine_dir.rglob("*.py"):
        depth = len(path.relative_to(engine_dir).parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{path}:{node.lineno} leaves the engine"
