"""Steps from an empty database to today's tables: functions in order, their names recorded, each applied once.

A step that was released is never edited; later tables and columns are further functions in the tuple.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, insert, select

from . import schema


def first_tables(connection: Connection) -> None:
    """Settings, the ledger of carrier legs, and the calls themselves."""
    schema.metadata.create_all(connection, [schema.settings, schema.ledger, schema.calls])


def messages_and_callbacks(connection: Connection) -> None:
    """What callers left, and what was promised to them."""
    schema.metadata.create_all(connection, [schema.messages, schema.callbacks])


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (first_tables, messages_and_callbacks)


def migrate(connection: Connection) -> list[str]:
    """Apply what is missing and return the names; the caller's transaction makes it all or nothing."""
    schema.metadata.create_all(connection, [schema.migrations])
    done = set(connection.execute(select(schema.migrations.c.name)).scalars())
    missing = [step for step in MIGRATIONS if step.__name__ not in done]
    for step in missing:
        step(connection)
        connection.execute(insert(schema.migrations).values(name=step.__name__, applied=time.time()))
    return [step.__name__ for step in missing]
