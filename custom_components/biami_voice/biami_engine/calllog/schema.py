"""The call log's tables. Times are seconds of the epoch as floats: the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, MetaData, String, Table, Text

metadata = MetaData()

migrations = Table("migrations", metadata, Column("name", String(80), primary_key=True), Column("applied", Float))

settings = Table(
    "settings", metadata, Column("key", String(80), primary_key=True), Column("value", Text, nullable=False)
)

ledger = Table(
    "ledger",
    metadata,
    Column("leg_id", String(64), primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("line", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    Column("provider_id", String(64), index=True),
    Column("direction", String(16), nullable=False),
    Column("from_", String(128), nullable=False),
    Column("to", String(128), nullable=False),
    Column("created", Float, nullable=False),
    Column("ended", Float),
    Index("ledger_open", "line", "ended"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("provider_id", String(64), index=True),
    Column("direction", String(16), nullable=False),
    Column("line", String(64), nullable=False),
    Column("context", String(64), nullable=False),
    Column("from_", String(128), nullable=False),
    Column("to", String(128), nullable=False),
    Column("status", String(16), nullable=False),
    Column("answered_by", String(16), nullable=False),
    Column("outcome", String(32)),
    Column("end_reason", String(32)),
    Column("goal", Text),
    Column("created", Float, nullable=False, index=True),
    Column("answered", Float),
    Column("ended", Float),
    Column("transcript", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call_id", String(64), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("taken", Float, nullable=False, index=True),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call_id", String(64), nullable=False, index=True),
    Column("owner", String(64), nullable=False),
    Column("lease_until", Float),
    Column("line", String(64), nullable=False),
    Column("context", String(64), nullable=False),
    Column("number", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due", Float, nullable=False),
    Column("created", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Index("callbacks_due", "state", "due"),
)
"""`lease_until` is set while somebody dials."""
