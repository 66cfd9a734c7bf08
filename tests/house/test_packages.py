"""The wheel and the source archive carry all that an installed Biami Voice needs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

CONTENT = {
    "custom_components/biami_voice/biami_engine": "biami_engine",
    "standalone/biami_voice_daemon": "biami_voice_daemon",
    "config": "biami_voice_daemon/config",
}
"""Folder in the repository → folder in the wheel."""


def build(source: Path, target: str, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def source_archive(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(root, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def installed(source_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install` of the wheel puts into site-packages; the wheel is built from the source archive."""
    folder = tmp_path_factory.mktemp("from-sdist")
    with tarfile.open(source_archive) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    site = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(build(source, "wheel", tmp_path_factory.mktemp("wheel"))) as wheel:
        wheel.extractall(site)
    return site


def test_every_file_is_shipped(root: Path, installed: Path, tracked_files: list[Path]) -> None:
    wanted = {
        f"{target}/{path.relative_to(root / folder)}"
        for folder, target in CONTENT.items()
        for path in tracked_files
        if path.is_relative_to(root / folder)
    }
    shipped = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    missing = wanted - shipped
    assert not missing, "not in the wheel: name it under force-include in pyproject.toml"
    strangers = {name for name in shipped - wanted if ".dist-info/" not in name}
    assert not strangers


def test_nothing_of_the_user_is_shipped(root: Path) -> None:
    """Secrets lie beside the shipped configuration: git must not see them, and a wheel takes named files only."""
    own = ("config/secrets.yaml", "config/biami.yaml", "config/.env", "config/biami.db")
    run = subprocess.run(["git", "check-ignore", *own], cwd=root, capture_output=True, text=True, check=False)
    assert set(run.stdout.split()) == set(own)
    wheel = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "config" not in wheel["force-include"]


def test_it_runs_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    code = "import biami_engine, biami_voice_daemon as d; print(biami_engine.__file__); print(d.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    arguments = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "check": False}
    where = subprocess.run([sys.executable, "-c", code], **arguments)  # type: ignore[call-overload]
    assert where.returncode == 0, where.stderr
    assert all(line.startswith(str(installed)) for line in where.stdout.split())
    example = installed / "biami_voice_daemon" / "config" / "biami.example.yaml"
    command = [sys.executable, "-m", "biami_voice_daemon", "check-config", "-c", str(example)]
    run = subprocess.run(command, **arguments)  # type: ignore[call-overload]
    assert run.returncode == 0, run.stdout + run.stderr
