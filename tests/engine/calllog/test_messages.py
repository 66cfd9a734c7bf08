"""Messages and promised calls survive the process that took them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from biami_engine.calllog import CallbackLog, MessageLog, Store, StoreUnavailable
from biami_engine.interface import Callback, CallbackState, Message, Urgency

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)


def message(number: int, text: str = "Call me.") -> Message:
    at = NOW + timedelta(minutes=number)
    return Message(f"msg_{number}", "call_1", "Anna", "+12025550123", text, Urgency.URGENT, at)


def callback(number: int) -> Callback:
    due = NOW + timedelta(hours=number)
    return Callback(f"cb_{number}", "call_1", "phone", "general", "+12025550123", "anna", "The offer", due, NOW)


async def test_messages_are_kept_newest_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    store = Store(url)
    await store.start()
    log = MessageLog(store)
    for number in range(3):
        await log.save(message(number, "Grüße; 'quoted' \n 💈"))
    await store.close()

    again = Store(url)
    await again.start()
    log = MessageLog(again)
    assert await log.list() == [message(n, "Grüße; 'quoted' \n 💈") for n in (2, 1, 0)]
    assert [found.id for found in await log.list(limit=1)] == ["msg_2"]
    assert await log.delete("msg_1")
    assert not await log.delete("msg_1")
    assert len(await log.list()) == 2
    await again.close()


async def test_callbacks_wait_until_they_are_due(store: Store) -> None:
    log = CallbackLog(store)
    for number in (3, 1, 2):
        await log.save(callback(number), "me")
    assert await log.waiting() == [callback(n) for n in (1, 2, 3)]
    assert [found.id for found in await log.waiting(until=NOW + timedelta(hours=2))] == ["cb_1", "cb_2"]


async def test_the_first_end_of_a_callback_stays(store: Store) -> None:
    log = CallbackLog(store)
    await log.save(callback(1), "me")
    assert await log.close("cb_1", CallbackState.DONE)
    assert not await log.close("cb_1", CallbackState.CANCELLED)
    assert not await log.close("cb_9", CallbackState.DONE)
    assert await log.waiting() == []


async def test_a_dead_database_is_said(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/no/such/folder/log.db")
    await store.start()
    with pytest.raises(StoreUnavailable):
        await MessageLog(store).save(message(1))
    with pytest.raises(StoreUnavailable):
        await CallbackLog(store).save(callback(1), "me")
    await store.close()
