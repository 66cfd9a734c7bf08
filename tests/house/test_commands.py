"""The verbs of the Makefile and the systemd unit call what exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

from biami_voice_daemon.cli import MISUSED, build_parser


def test_verbs_call_scripts_that_can_be_run(root: Path) -> None:
    files = [root / "Makefile", root / ".ci" / "run", *(root / "scripts").iterdir()]
    called = {name for file in files for name in re.findall(r"\bscripts/(\w+)", file.read_text("utf-8"))}
    assert {"setup", "test", "lint"} <= called
    assert [name for name in called if not os.access(root / "scripts" / name, os.X_OK)] == []


def test_make_help_lists_every_verb(root: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    verbs = re.findall(r"^([a-z0-9]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"^make (\w+)", listed, re.MULTILINE) == verbs


def test_the_unit_runs_commands_that_exist(root: Path) -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    unit.read(root / "standalone" / "biami-voice.service")
    service = unit["Service"]
    for key in ("ExecStartPre", "ExecStart"):
        program, *arguments = service[key].split()
        assert Path(program).name == "biami-voice"
        assert build_parser().parse_args(arguments).config == Path("/etc/biami-voice/biami.yaml")
    assert service["RestartPreventExitStatus"] == str(MISUSED)


def test_a_wrong_configuration_exits_as_the_unit_expects(root: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "biami.yaml"
    wrong.write_text("server: {prot: 8080}\n")
    program = shutil.which("biami-voice") or str(root / ".venv" / "bin" / "biami-voice")
    run = subprocess.run([program, "check-config", "-c", wrong], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.count("\n")) == (MISUSED, 1)
    assert "server.prot" in run.stderr
