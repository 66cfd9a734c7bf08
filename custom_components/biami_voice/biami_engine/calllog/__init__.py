"""What the engine remembers: the ledger of carrier legs and the calls."""

from .identity import Identity, load_identity
from .ledger import LEASE_SECONDS, RENEW_SECONDS, StoreLedger
from .records import CallRecords
from .store import Store, StoreUnavailable

__all__ = [
    "LEASE_SECONDS",
    "RENEW_SECONDS",
    "CallRecords",
    "Identity",
    "Store",
    "StoreLedger",
    "StoreUnavailable",
    "load_identity",
]
