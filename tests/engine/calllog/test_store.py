from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from biami_engine.calllog import Store, StoreUnavailable
from biami_engine.calllog.migrations import MIGRATIONS, migrate
from biami_engine.calllog.schema import migrations, settings


def put(key: str, value: str):
    return lambda connection: connection.execute(insert(settings).values(key=key, value=value)).rowcount


def get(key: str):
    return lambda connection: connection.execute(select(settings.c.value).where(settings.c.key == key)).scalar()


async def test_a_write_is_on_disk_when_its_future_resolves(store, tmp_path: Path):
    await store.write(put("a", "1"))
    with sqlite3.connect(tmp_path / "log.db") as other:
        assert other.execute("SELECT value FROM settings WHERE key = 'a'").fetchone() == ("1",)
    other.close()


async def test_writes_keep_their_order_and_reads_see_them(store):
    futures = [store.write(put(str(number), str(number))) for number in range(500)]
    assert await store.read(get("499")) == "499"
    assert all(future.done() for future in futures)


async def test_a_failing_write_spoils_no_other_of_its_batch(store):
    good, bad, after = store.write(put("a", "1")), store.write(put("a", "2")), store.write(put("b", "3"))
    assert await good == 1
    with pytest.raises(IntegrityError):
        await bad
    assert await after == 1
    assert await store.read(get("a")) == "1"
    assert store.available


async def test_our_own_fault_in_a_write_is_raised_to_its_caller(store):
    with pytest.raises(ZeroDivisionError):
        await store.write(lambda connection: 1 // 0)
    assert await store.write(put("a", "1")) == 1


async def test_a_dead_database_is_said_once_and_its_return_too(tmp_path: Path, caplog):
    folder = tmp_path / "away"
    store = Store(f"sqlite:///{folder}/log.db")
    await store.start()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store.write(put("a", "1"))
    assert not store.available
    folder.mkdir()
    assert await store.write(put("a", "1")) == 1
    assert store.available
    assert len([line for line in caplog.messages if "call log" in line]) == 2
    await store.close()


async def test_a_locked_database_fails_the_write_and_recovers(store, tmp_path: Path):
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await store.write(put("a", "1"))
    other.execute("ROLLBACK")
    other.close()
    assert await store.write(put("a", "1")) == 1


async def test_after_close_nothing_is_written(tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path}/log.db")
    await store.start()
    last = store.write(put("a", "1"))
    await store.close()
    assert await last == 1
    with pytest.raises(StoreUnavailable):
        await store.write(put("b", "1"))
    await store.close()


async def test_migrations_run_once_and_are_remembered(store, tmp_path: Path):
    names = await store.read(lambda connection: connection.execute(select(migrations.c.name)).scalars().all())
    assert names == [step.__name__ for step in MIGRATIONS]
    assert await store.write(migrate) == []
    again = Store(store.url)
    await again.start()
    await again.write(put("a", "1"))
    await again.close()


WRITER = """
import asyncio, sys
from biami_engine.calllog import Store
from sqlalchemy import insert
from biami_engine.calllog.schema import settings

async def main():
    store = Store(sys.argv[1])
    await store.start()
    number = 0
    while True:
        key = f"k{number}"
        await store.write(lambda connection: connection.execute(insert(settings).values(key=key, value="v")))
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


async def test_what_was_promised_survives_kill_nine(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/log.db"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(40):
        last = int(await asyncio.wait_for(process.stdout.readline(), 30))
    os.kill(process.pid, signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    promised = max([last, *map(int, rest.split(b"\n")[:-1])]) if rest else last
    store = Store(url)
    await store.start()
    assert await store.read(get(f"k{promised}")) == "v"
    await store.close()
