"""The real daemon in a process of its own, on ports that are free."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from biami_voice_daemon.env_file import SEED_NAMES

START_SECONDS = 30.0
LAB_SID = "AC" + "0" * 31 + "1"
LAB_TOKEN = "the-token-of-the-lab"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**changes: str) -> dict[str, str]:
    """Nothing of the prototype's names: they would be a configuration."""
    return {name: value for name, value in os.environ.items() if name not in SEED_NAMES} | changes


@dataclass
class Finished:
    code: int
    out: str
    err: str


async def command(*words: str, folder: Path, **variables: str) -> Finished:
    """Run one command to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "biami_voice_daemon",
        *words,
        cwd=folder,
        env=environment(**variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), START_SECONDS)
    return Finished(process.returncode or 0, out.decode(), err.decode())


@dataclass
class RunningDaemon:
    """`log` grows while it runs."""

    process: asyncio.subprocess.Process
    file: Path
    url: str = ""
    log: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _silent: bool = False

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log.append(line.decode().rstrip())
            self._news.set()
        self._silent = True
        self._news.set()

    async def logged(self, pattern: str, start: int = 0) -> re.Match[str]:
        """Wait for a line of the log."""
        async with asyncio.timeout(START_SECONDS):
            while True:
                self._news.clear()
                for line in self.log[start:]:
                    if found := re.search(pattern, line):
                        return found
                assert not self._silent, "\n".join(["it ended; its log:", *self.log])
                await self._news.wait()

    def tell(self, number: signal.Signals) -> int:
        """Send a signal; returns where the log then was."""
        self.process.send_signal(number)
        return len(self.log)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), START_SECONDS)

    async def command(self, *words: str) -> Finished:
        return await command(*words, "-c", self.file.name, folder=self.file.parent)


StartDaemon = Callable[..., Awaitable[RunningDaemon]]


@pytest.fixture
async def start_daemon(tmp_path: Path) -> AsyncIterator[StartDaemon]:
    running: list[tuple[RunningDaemon, asyncio.Task[None]]] = []

    async def start(text: str, *options: str, **variables: str) -> RunningDaemon:
        file = tmp_path / "biami.yaml"
        file.write_text(text, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "biami_voice_daemon",
            "run",
            "-c",
            file.name,
            *options,
            cwd=tmp_path,
            env=environment(**variables),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        daemon = RunningDaemon(process, file)
        running.append((daemon, asyncio.create_task(daemon.read())))
        daemon.url = (await daemon.logged(r"listening on (http://[^/]+)/"))[1]
        return daemon

    yield start
    for daemon, reader in running:
        if daemon.process.returncode is None:
            daemon.process.kill()
        await daemon.process.wait()
        await reader
