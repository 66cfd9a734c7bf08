from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

ANNA = "Basic YW5uYTpzZWNyZXQ="
"""anna:secret"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ics(*events: str) -> str:
    bodies = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}@test\r\nDTSTAMP:20260101T000000Z\r\n{body}\r\nEND:VEVENT\r\n"
        for n, body in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{bodies}END:VCALENDAR\r\n"


def at(start: str, end: str, title: str = "busy") -> str:
    return f"DTSTART:{start}Z\r\nDTEND:{end}Z\r\nSUMMARY:{title}"


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real CalDAV server; anna has the calendar `work`."""
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").write_text("anna:secret\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(folder / "users"),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "storage-filesystem-folder": str(folder / "collections"),
        "logging-level": "error",
    }
    command = [
        sys.executable,
        "-m",
        "radicale",
        *(part for key, value in options.items() for part in (f"--{key}", value)),
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            url = f"http://127.0.0.1:{port}/"
            _until_it_listens(port, server, folder / "log")
            _request("MKCALENDAR", f"{url}anna/work/", b"")
            yield url
        finally:
            server.terminate()


def _until_it_listens(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    async def listens() -> None:
        async with asyncio.timeout(30):
            while server.poll() is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return
        raise AssertionError(log.read_text())

    asyncio.run(listens())


def _request(method: str, url: str, body: bytes) -> None:
    with urlopen(Request(url, body or None, {"Authorization": ANNA, "Content-Type": "text/calendar"}, method=method)):
        pass


@pytest.fixture
def put(radicale: str) -> Callable[[str, str], None]:
    """Store a calendar object of anna's calendar `work`."""
    return lambda name, text: _request("PUT", f"{radicale}anna/work/{name}.ics", text.encode())
