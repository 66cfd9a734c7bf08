"""The three words systemd wants to hear, over a real socket."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from biami_voice_daemon.systemd import notify


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    path = tmp_path / "notify"
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(str(path))
    channel.settimeout(5)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    return channel


def test_it_is_told(manager: socket.socket) -> None:
    with manager:
        notify("READY=1")
        assert manager.recv(100) == b"READY=1"
        notify("RELOADING=1")
        assert manager.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")


def test_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0biami-voice-test")
        channel.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@biami-voice-test")
        notify("STOPPING=1")
        assert channel.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "/nowhere/at/all"])
def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
