"""sd_notify(3): tell systemd how it goes. Without `NOTIFY_SOCKET` nothing happens."""

from __future__ import annotations

import os
import socket
import time


def notify(state: str) -> None:
    """`READY=1`, `STOPPING=1`, `RELOADING=1` (Type=notify-reload wants the monotonic time with it), `STATUS=…`."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if state == "RELOADING=1":
        state += f"\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"
    if address.startswith("@"):  # the abstract namespace of Linux
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(1.0)
        try:
            channel.sendto(state.encode(), address)
        except OSError:
            return
