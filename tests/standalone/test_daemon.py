"""The daemon as its owner meets it: a process, signals, HTTP."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

import aiohttp

from .conftest import StartDaemon, command, free_port

BROWSER_ONLY = """\
server: {port: 0}
lines:
  web: {transport: browser}
backends:
  parrot: {type: echo}
contexts:
  general: {prompt: You answer.}
"""


async def get(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


async def test_it_starts_answers_and_stops(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY)
    assert await get(f"{daemon.url}/live") == (200, {"live": True})
    assert await get(f"{daemon.url}/ready") == (200, {"ready": True})
    daemon.tell(signal.SIGTERM)
    assert await daemon.ended() == 0
    assert "stopped" in daemon.log[-1]


async def test_a_wrong_configuration_stops_it_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "biami.yaml").write_text(BROWSER_ONLY.replace("transport", "transprt"))
    finished = await command("run", folder=tmp_path)
    assert finished.code == 2
    assert "biami-voice: biami.yaml:3: lines.web.transport: is missing" in finished.err
    assert "Traceback" not in finished.err


async def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        (tmp_path / "biami.yaml").write_text(BROWSER_ONLY.replace("port: 0", f"port: {port}"))
        finished = await command("run", folder=tmp_path)
    assert finished.code == 1
    assert f"server.port: 127.0.0.1:{port} cannot be listened on" in finished.err
    assert "Traceback" not in finished.err


async def test_json_logs_are_json(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY, "--log-json")
    daemon.tell(signal.SIGINT)
    assert await daemon.ended() == 0
    assert [json.loads(line)["message"] for line in daemon.log][-1] == "stopped"


async def test_a_reload_brings_new_contexts(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY)
    daemon.file.write_text(BROWSER_ONLY + "  pizza: {prompt: You take orders.}\n")
    before = daemon.tell(signal.SIGHUP)
    await daemon.logged("configuration reloaded", before)
    _, setup = await get(f"{daemon.url}/api/setup")
    assert setup["contexts"] == ["general", "pizza"]


async def test_a_wrong_configuration_is_refused_and_the_old_one_stays(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY)
    daemon.file.write_text(BROWSER_ONLY + "  pizza: {prmpt: You take orders.}\n")
    before = daemon.tell(signal.SIGHUP)
    await daemon.logged(r"refused: biami.yaml:8: contexts.pizza.prmpt: .*prompt", before)
    await daemon.logged("the old configuration stays", before)
    _, setup = await get(f"{daemon.url}/api/setup")
    assert setup["contexts"] == ["general"]


async def test_what_needs_a_restart_is_said(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY)
    daemon.file.write_text(BROWSER_ONLY.replace("port: 0", f"port: {free_port()}"))
    before = daemon.tell(signal.SIGHUP)
    await daemon.logged("server.port has changed", before)


async def test_systemd_hears_how_it_goes(start_daemon: StartDaemon, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        daemon = await start_daemon(BROWSER_ONLY, NOTIFY_SOCKET=str(tmp_path / "notify"))
        heard = []
        for number in (None, signal.SIGHUP, None, signal.SIGTERM):
            if number is not None:
                daemon.tell(number)
            heard.append((await asyncio.wait_for(loop.sock_recv(manager, 200), 10)).split(b"\n")[0])
        assert heard == [b"READY=1", b"RELOADING=1", b"READY=1", b"STOPPING=1"]


async def test_a_browser_line_alone_loads_no_package_of_other_lines(start_daemon: StartDaemon) -> None:
    daemon = await start_daemon(BROWSER_ONLY, PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in daemon.log if "import time:" in line}
    assert "aiohttp" in imported
    assert imported.isdisjoint({"twilio", "phonenumbers", "onnxruntime", "zeroconf", "soxr", "hibari", "openai"})
