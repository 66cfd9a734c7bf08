"""How long the daemon takes until it listens, and what it weighs when idle: `python bench/daemon_start.py [ROUNDS]`.

Each round is a fresh process on a fresh call log, with bytecode as an installation has it (a round before the first
compiles it). Memory is PSS, 2 s after the start; CPU is user and system time.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SETTLE_SECONDS = 2.0
BROWSER = """\
server: {{port: {port}}}
lines:
  web: {{transport: browser}}
backends:
  parrot: {{type: echo}}
contexts:
  general: {{prompt: You answer.}}
"""
PHONE = (
    BROWSER.replace("backends:", "  phone: {line}\nbackends:")
    + """\
lab: {{carrier_port: {carrier}}}
"""
)
LINE = (
    "{{transport: twilio, account_sid: AC00000000000000000000000000000001, auth_token: t0ken-of-the-lab,"
    ' number: "+12025550100", api_url: "http://127.0.0.1:{carrier}"}}'
)
CONFIGURATIONS = {"browser line": BROWSER, "browser and phone line, lab carrier": PHONE.replace("{line}", LINE)}


@dataclass(frozen=True)
class Start:
    seconds: float
    cpu_seconds: float
    pss_mb: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(bytecode: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode}


def measure(text: str, bytecode: str) -> Start:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "biami.yaml"
        file.write_text(text.format(port=free_port(), carrier=free_port()))
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "biami_voice_daemon", "run", "-c", str(file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(bytecode),
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "listening on" in line:
                break
        seconds = time.perf_counter() - begin
        cpu_seconds = cpu(process.pid)
        time.sleep(SETTLE_SECONDS)
        pss = int(re.findall(r"^Pss: +(\d+)", Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.MULTILINE)[0])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        return Start(seconds, cpu_seconds, pss / 1024)


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as bytecode:
        for name, text in CONFIGURATIONS.items():
            measure(text, bytecode)
            starts = [measure(text, bytecode) for _ in range(rounds)]
            seconds, cpu_seconds, pss = (
                statistics.median(getattr(start, key) for start in starts)
                for key in ("seconds", "cpu_seconds", "pss_mb")
            )
            print(f"{name:36} listening after {seconds:.2f} s ({cpu_seconds:.2f} s CPU), idle {pss:.0f} MB PSS")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
