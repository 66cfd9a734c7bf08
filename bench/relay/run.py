"""Added delay and cost of the relay, wire to wire: `python bench/relay/run.py [SECONDS]`.

The daemon under test runs on one core, the load generator (carrier and model in one) on the other. Prints one row for
each number of calls and format: delay p50/p99 per direction, interruption to `clear`, CPU-seconds per call-minute.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from aiohttp import web
from rig import Rig

HERE = Path(__file__).parent
CALLS = (1, 10, 20, 50)
TICKS = os.sysconf("SC_CLK_TCK")


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


def pinned(core: int, command: list[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command] if (os.cpu_count() or 1) > 1 else command


async def measure(calls: int, form: str, seconds: float) -> str:
    rig = Rig(0, form)
    app = web.Application()
    app.add_routes(rig.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    own = f"http://127.0.0.1:{runner.addresses[0][1]}"
    port = free_port()
    rig.base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "subject.py"), str(port), f"{own}/v1", own, form, f"{folder}/log.db"]
        subject = subprocess.Popen(pinned(0, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert subject.stdout is not None
            await asyncio.to_thread(subject.stdout.readline)
            return await load(rig, subject.pid, calls, form, seconds)
        finally:
            await asyncio.to_thread(subject.communicate, "", 20)
            await runner.cleanup()


async def load(rig: Rig, pid: int, calls: int, form: str, seconds: float) -> str:
    idle = memory_mb(pid)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = []
        for number in range(calls):
            tasks.append(asyncio.create_task(rig.run_call(session, number, seconds)))
            await asyncio.sleep(0.05)
        before, began = cpu_seconds(pid), time.perf_counter()
        await asyncio.sleep(seconds - calls * 0.05 - 0.5)
        spent, took = cpu_seconds(pid) - before, time.perf_counter() - began
        busy = memory_mb(pid)
        await asyncio.gather(*tasks)
    result = rig.results
    cost = spent / (calls * took / 60)
    return (
        f"{form:6} {calls:5} "
        f"{statistics.median(result.to_model_ms):8.2f} {quantile(result.to_model_ms, 0.99):7.2f} "
        f"{statistics.median(result.to_caller_ms):8.2f} {quantile(result.to_caller_ms, 0.99):7.2f} "
        f"{quantile(result.clear_ms, 0.5):8.2f} {max(result.clear_ms, default=float('nan')):7.2f} "
        f"{result.stale_bytes:6} {result.lost_frames:5} {cost:8.3f} {idle:7.1f} {(busy - idle) * 1024 / calls:8.0f}"
    )


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def main(seconds: float) -> None:
    print("              caller>model ms  model>caller ms   interrupt>clear")
    print("format calls      p50     p99      p50     p99      p50     max  stale  lost  CPU-s/m  idle MB  KB/call")
    for form in ("pcmu", "pcm16"):
        for calls in CALLS:
            print(await measure(calls, form, seconds), flush=True)


if __name__ == "__main__":
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 30.0))
