"""Added delay and cost of the relay, wire to wire: `python bench/relay/run.py [--calls 1 10] [--rounds 3]`.

The process under test runs on one core, the load generator (carrier and model in one) on the other, both with real-time
priority where the system allows it, so that other programs on the machine do not count. One row for each subject,
format and number of calls: delay p50/p99 per direction, interruption to `clear`, CPU-seconds per call-minute, memory.
`plain` is reference.py, a bare relay without an engine, run in the same session: compare ratios, not machines.
With several rounds a row is the median of its rounds, except that stale bytes and lost frames are added up.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from rig import Results, Rig

HERE = Path(__file__).parent
CALLS = (1, 10, 20, 50)
TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP_SECONDS = 2.0
STAGGER_SECONDS = 0.05
SUBJECTS = {
    "ours": ("subject.py", ("pcmu", "pcm16")),
    "uvloop": ("subject.py", ("pcmu", "pcm16")),
    "plain": ("reference.py", ("pcmu",)),
    "say_first": ("subject.py", ()),
}
HEADER = """\
                     caller>model ms  model>caller ms   interrupt>clear
subject format calls     p50     p99      p50     p99      p50     max  stale  lost  CPU-s/m  idle MB  KB/call"""


@dataclass(frozen=True)
class Row:
    to_model_p50: float
    to_model_p99: float
    to_caller_p50: float
    to_caller_p99: float
    clear_p50: float
    clear_max: float
    stale_bytes: int
    lost_frames: int
    cpu_seconds_per_call_minute: float
    idle_mb: float
    kb_per_call: float

    def __str__(self) -> str:
        delays = (
            f"{self.to_model_p50:7.2f} {self.to_model_p99:7.2f}  {self.to_caller_p50:7.2f} {self.to_caller_p99:7.2f}"
        )
        clears = f"{self.clear_p50:7.2f} {self.clear_max:7.2f} {self.stale_bytes:6} {self.lost_frames:5}"
        return f"{delays}  {clears} {self.cpu_seconds_per_call_minute:8.3f} {self.idle_mb:8.1f} {self.kb_per_call:8.0f}"


def median(rows: list[Row]) -> Row:
    columns = list(zip(*map(astuple, rows), strict=True))
    return Row(*(sum(values) if index in (6, 7) else statistics.median(values) for index, values in enumerate(columns)))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def quantile(values: list[float], share: float) -> float:
    if not values:
        return float("nan")
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def place(pid: int, core: int, priority: int) -> None:
    """On its own core, before everything else there; where that is not allowed, as the system likes."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return


@contextmanager
def running(subject: str, port: int, own: str, form: str) -> Iterator[subprocess.Popen[str]]:
    with tempfile.TemporaryDirectory() as folder:
        script = str(HERE / SUBJECTS[subject][0])
        command = [sys.executable, script, str(port), f"{own}/v1", own, form, f"{folder}/log.db", subject]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as the daemon does
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        place(process.pid, 0, 50)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.communicate("", 30)


async def measure(subject: str, calls: int, form: str, seconds: float) -> Row:
    rig = Rig(0, form)
    app = web.Application()
    app.add_routes(rig.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    rig.base = f"http://127.0.0.1:{port}"
    begin = running(subject, port, f"http://127.0.0.1:{runner.addresses[0][1]}", form)
    process = await asyncio.to_thread(begin.__enter__)
    try:
        return await load(rig, process.pid, calls, seconds)
    finally:
        await asyncio.to_thread(begin.__exit__, None, None, None)
        await runner.cleanup()


async def load(rig: Rig, pid: int, calls: int, seconds: float) -> Row:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await rig.run_call(session, 0, WARM_UP_SECONDS)
        rig.results = Results()
        await rig.paired.acquire()
        idle = memory_mb(pid)
        tasks = []
        first = time.perf_counter()
        for number in range(calls):
            tasks.append(asyncio.create_task(rig.run_call(session, number, seconds)))
            await asyncio.gather(rig.paired.acquire(), asyncio.sleep(STAGGER_SECONDS))
        before, began = cpu_seconds(pid), time.perf_counter()
        await asyncio.sleep(max(1.0, first + seconds - began - 0.5))
        spent, took = cpu_seconds(pid) - before, time.perf_counter() - began
        busy = memory_mb(pid)
        await asyncio.gather(*tasks)
    found = rig.results
    return Row(
        quantile(found.to_model_ms, 0.5),
        quantile(found.to_model_ms, 0.99),
        quantile(found.to_caller_ms, 0.5),
        quantile(found.to_caller_ms, 0.99),
        quantile(found.clear_ms, 0.5),
        max(found.clear_ms, default=float("nan")),
        found.stale_bytes,
        found.lost_frames,
        spent / (calls * took / 60),
        idle,
        (busy - idle) * 1024 / calls,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def main(options: argparse.Namespace) -> None:
    print(HEADER)
    for form in options.formats:
        for calls in options.calls:
            rows: dict[str, list[Row]] = {name: [] for name in options.subjects if form in SUBJECTS[name][1]}
            for _ in range(options.rounds):
                for name, found in rows.items():
                    found.append(await measure(name, calls, form, options.seconds))
            for name, found in rows.items():
                print(f"{name:7} {form:6} {calls:5} {median(found)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each call")
    parser.add_argument("--calls", type=int, nargs="+", default=CALLS)
    parser.add_argument("--formats", nargs="+", default=["pcmu", "pcm16"], help="what the model speaks")
    parser.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=["ours", "plain"])
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    place(0, 1, 60)
    asyncio.run(main(chosen))
