"""What the engine remembers: the ledger of carrier legs, the calls, messages and promised callbacks."""

from .callbacks import CallbackLog
from .identity import Identity, load_identity
from .ledger import LEASE_SECONDS, RENEW_SECONDS, StoreLedger
from .messages import MessageLog
from .records import CallRecords
from .store import Store, StoreUnavailable

__all__ = [
    "LEASE_SECONDS",
    "RENEW_SECONDS",
    "CallRecords",
    "CallbackLog",
    "Identity",
    "MessageLog",
    "Store",
    "StoreLedger",
    "StoreUnavailable",
    "load_identity",
]
