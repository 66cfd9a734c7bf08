"""Where a call's messages and promises go: into the call log, and to everybody who listens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..calllog import CallbackLog, MessageLog, Store, StoreUnavailable
from ..interface import Callback, CallRecord, Clock, Message, Urgency
from ..tools.ports import CallControl, Caller


class Desk:
    """Fulfils `tools.ports.Messages` and `Callbacks` for one call.

    What could not be stored is announced all the same, with `stored` false: somebody may hear it. The tool fails.
    """

    def __init__(
        self, store: Store, clock: Clock, owner: str, call: CallControl, caller: Caller, record: CallRecord
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._call = call
        self._caller = caller
        self._record = record

    async def take(self, name: str, number: str, text: str, urgency: Urgency) -> str:
        message = Message(
            id=f"msg_{secrets.token_hex(6)}",
            call_id=self._record.id,
            name=name,
            number=number,
            text=text,
            urgency=urgency,
            taken_at=self._clock.wall(),
        )
        data = {"message_id": message.id, "name": name, "number": number, "text": text, "urgency": urgency.value}
        try:
            await MessageLog(self._store).save(message)
        except StoreUnavailable:
            self._announce("message_taken", data, stored=False)
            raise
        self._announce("message_taken", data, stored=True)
        return message.id

    async def schedule(self, due: datetime, reason: str) -> str:
        callback = Callback(
            id=f"cb_{secrets.token_hex(6)}",
            call_id=self._record.id,
            line=self._record.line,
            context=self._record.context,
            number=self._caller.number,
            name=self._caller.name,
            reason=reason,
            due_at=due.astimezone(UTC),
            created_at=self._clock.wall(),
        )
        data = {
            "callback_id": callback.id,
            "number": callback.number,
            "name": callback.name,
            "due_at": callback.due_at.isoformat(),
            "reason": reason,
        }
        try:
            await CallbackLog(self._store).save(callback, self._owner)
        except StoreUnavailable:
            self._announce("callback_scheduled", data, stored=False)
            raise
        self._announce("callback_scheduled", data, stored=True)
        return callback.id

    def _announce(self, type: str, data: Mapping[str, Any], stored: bool) -> None:
        self._call.announce(type, {**data, "stored": stored})
