"""Tasks that belong to one call: their faults end it and are seen, their end is waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from .call import LabCall

_LOG = logging.getLogger(__name__)


async def guarded(call: LabCall, work: Coroutine[None, None, None]) -> None:
    """A fault of the lab itself must end the call and be seen, not leave it hanging."""
    try:
        await work
    except Exception:
        _LOG.exception("call %s: the lab's carrier failed", call.sid)
        call.end("failed")


async def cancel(*tasks: asyncio.Task[None] | None) -> None:
    alive = [task for task in tasks if task is not None]
    for task in alive:
        task.cancel()
    await asyncio.gather(*alive, return_exceptions=True)
