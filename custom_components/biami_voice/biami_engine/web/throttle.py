"""How many requests one client may make: a token bucket each, in a table that cannot grow without bound."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

MAX_CLIENTS = 4096


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Throttle:
    """A full bucket holds one minute's requests; it refills evenly."""

    def __init__(self, max_clients: int = MAX_CLIENTS) -> None:
        self._max_clients = max_clients
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def seconds_to_wait(self, client: str, per_minute: int, now: float) -> float:
        """0 where the request may pass (it is counted), else how long until the next may."""
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(float(per_minute), now)
            if len(self._buckets) > self._max_clients:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        per_second = per_minute / 60
        bucket.tokens = min(float(per_minute), bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / per_second
        bucket.tokens -= 1
        return 0.0


def client_address(peer: str | None, forwarded_for: str, trusted_proxies: Sequence[str]) -> str:
    """Who asks: the peer, or behind trusted proxies the last address of X-Forwarded-For that is none of them."""
    address = peer or "unknown"
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    while hops and _is_among(address, trusted_proxies):
        address = hops.pop()
    return address


def _is_among(address: str, networks: Sequence[str]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
        return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
