"""Who this process is in tokens, media URLs and the ledger, and the key that signs stream tokens; both outlive it.

The owner is stable per database and host: a daemon that was killed finds its own legs at once, without waiting for its
lease to run out. Several daemons of one host on one database must be told apart by a `name` of their own.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from .schema import settings
from .store import Store, StoreUnavailable


@dataclass(frozen=True, slots=True)
class Identity:
    owner: str
    token_key: bytes = field(repr=False)


async def load_identity(store: Store, name: str = "") -> Identity:
    """Read or make it. Without a working database it lasts as long as the process."""
    host = socket.gethostname()

    def load(connection: Connection) -> Identity:
        owner = _setting(connection, f"owner:{name or host}"[:80], secrets.token_hex(6))
        return Identity(owner, bytes.fromhex(_setting(connection, "token_key", secrets.token_hex(32))))

    try:
        return await store.write(load)
    except StoreUnavailable:
        return Identity(secrets.token_hex(6), secrets.token_bytes(32))


def _setting(connection: Connection, key: str, default: str) -> str:
    """The stored value; the default becomes it where there is none."""
    value = connection.execute(select(settings.c.value).where(settings.c.key == key)).scalar()
    if value is None:
        connection.execute(insert(settings).values(key=key, value=default))
        return default
    return str(value)
