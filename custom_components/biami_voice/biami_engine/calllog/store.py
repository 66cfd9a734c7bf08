"""The database: one writer thread, commits in batches, a future per write that resolves once it is on disk.

A dead database never stops a call: its writes fail with `StoreUnavailable`, one line is logged when it goes and one
when it comes back. At most `MAX_WAITING` writes wait; beyond that a write fails at once.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..errors import BiamiError
from .migrations import migrate

T = TypeVar("T")
Work = Callable[[Connection], T]

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
MAX_BATCH = 200
LOCK_TIMEOUT_SECONDS = 2.0


class StoreUnavailable(BiamiError):
    """The database did not take a write or answer a question."""

    code = "store_unavailable"


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    def resolve(self, result: Any, error: BaseException | None) -> None:
        try:
            self.loop.call_soon_threadsafe(self._settle, result, error)
        except RuntimeError:  # the loop was closed: nobody waits any more
            return

    def _settle(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)
            self.future.exception()  # a fire-and-forget write needs nobody to look


class Store:
    """Reads go through the same thread: they see every write before them, and SQLite has one user."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.available = True
        """False from a failed commit to the next one that works."""
        self._engine: Engine | None = None
        self._migrated = False
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Start the writer and bring the tables up to date; a database that fails is reported, not raised."""
        self._thread = threading.Thread(target=self._work, name="call-log", daemon=True)
        self._thread.start()
        try:
            await self.write(lambda connection: None)
        except StoreUnavailable:
            return

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""
        thread = self._thread
        if thread is None:
            return
        self._thread = None
        await asyncio.to_thread(self._jobs.put, None)
        await asyncio.to_thread(thread.join)

    def write(self, work: Work[T]) -> asyncio.Future[T]:
        """Run `work` in the next transaction; the future resolves after its commit, in the order of the calls."""
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        if self._thread is None:
            job.resolve(None, StoreUnavailable("the call log is closed"))
            return job.future
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            job.resolve(None, StoreUnavailable("too many writes wait for the call log"))
        return job.future

    async def read(self, work: Work[T]) -> T:
        return await self.write(work)

    # --- the writer thread ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            closing = self._collect(batch)
            self._commit(batch)
            if closing:
                break
        if self._engine is not None:
            self._engine.dispose()

    def _collect(self, batch: list[_Job]) -> bool:
        """Whatever else waits joins this transaction; True when the last of it was the order to close."""
        while len(batch) < MAX_BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return False
            if job is None:
                return True
            batch.append(job)
        return False

    def _commit(self, batch: list[_Job]) -> None:
        outcomes: list[tuple[Any, BaseException | None]] = []
        try:
            with self._connected().begin() as connection:
                if not self._migrated:
                    migrate(connection)
                outcomes.extend(_run(job.work, connection) for job in batch)
            self._migrated = True
        except (SQLAlchemyError, OSError) as error:
            self._report_failure(error)
            outcomes = [(None, StoreUnavailable(f"the call log does not work: {_first_line(error)}"))] * len(batch)
        else:
            self._report_success()
        for job, (result, failure) in zip(batch, outcomes, strict=True):
            job.resolve(result, failure)

    def _connected(self) -> Engine:
        if self._engine is None:
            self._engine = _open_engine(self.url)
        return self._engine

    def _report_failure(self, error: BaseException) -> None:
        if self.available:
            logger.error("call log: the database does not work, calls go on without it: %s", _first_line(error))
        self.available = False

    def _report_success(self) -> None:
        if not self.available:
            logger.warning("call log: the database works again")
        self.available = True


def _run(work: Work[Any], connection: Connection) -> tuple[Any, BaseException | None]:
    """One job of a batch in its own savepoint: what it raises is its own failure, unless the database is gone."""
    savepoint = connection.begin_nested()
    try:
        result = work(connection)
        savepoint.commit()
    except Exception as error:
        if isinstance(error, DBAPIError) and not _is_fault_of_the_statement(error):
            raise
        savepoint.rollback()
        return None, error
    return result, None


def _is_fault_of_the_statement(error: DBAPIError) -> bool:
    """A broken constraint or value concerns one job; an operational error (disk, lock, connection) all of them."""
    return type(error).__name__ in ("IntegrityError", "DataError", "ProgrammingError")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _open_engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """WAL, and every commit on disk: the ledger's promise holds through a power cut, too."""
    connection.isolation_level = None  # the driver's own transactions break savepoints
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
