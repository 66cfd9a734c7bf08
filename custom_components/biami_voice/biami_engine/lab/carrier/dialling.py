"""`<Dial>`: another phone rings, and the two hear each other until one of them hangs up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from .bridge import bridge
from .call import CallPlan, LabCall
from .scopes import cancel, guarded

if TYPE_CHECKING:
    from .exchange import Exchange


async def dial_on(exchange: Exchange, call: LabCall, number: Element, dial: Element) -> LabCall:
    """The further leg, once it is over."""
    to = (number.text or "").strip()
    plan = CallPlan(
        ring_seconds=float(dial.get("timeout", "30")),
        time_limit_seconds=float(dial.get("timeLimit", "14400")),
        send_digits=number.get("sendDigits", ""),
    )
    child = exchange.new_call("outbound-dial", dial.get("callerId", call.from_), to, plan, False, parent=call.sid)
    attending = asyncio.create_task(exchange.phones.get(to, exchange.default_phone).attend(child.line))
    try:
        await exchange.ring(child)
        if child.line.answered.is_set():
            await _bridged(exchange, call, child)
    finally:
        await exchange.finish(child, attending)
    return child


async def _bridged(exchange: Exchange, call: LabCall, child: LabCall) -> None:
    ticking = asyncio.create_task(guarded(child, child.tick_until_over()))
    limit = child.clock.call_at(child.clock.monotonic() + child.plan.time_limit_seconds, child.end)
    try:
        if child.plan.send_digits:
            await exchange.send_digits(child)
        bridge(call, child)
        await asyncio.wait({call.over, child.over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        child.end()
        call.source = call.sink = None
        await cancel(ticking)
