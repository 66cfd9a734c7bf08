"""The JSON of the account's resources, key by key as Twilio gives them (Twilio: Call resource)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from yarl import URL

from .account import OwnedNumber
from .call import LabCall


def call_resource(call: LabCall) -> dict[str, Any]:
    uri = f"/2010-04-01/Accounts/{call.account_sid}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "date_created": _date(call.created),
        "date_updated": _date(call.updated),
        "parent_call_sid": call.parent_sid,
        "account_sid": call.account_sid,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "phone_number_sid": call.number_sid or None,
        "status": call.status,
        "start_time": _date(call.started),
        "end_time": _date(call.ended),
        "duration": None if call.duration_seconds is None else str(call.duration_seconds),
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(call.queue_ms),
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }


def number_resource(number: OwnedNumber, account_sid: str) -> dict[str, Any]:
    return {
        "sid": number.sid,
        "account_sid": account_sid,
        "phone_number": number.number,
        "friendly_name": number.number,
        "voice_url": number.voice_url,
        "voice_method": number.voice_method,
        "status_callback": number.status_callback,
        "status_callback_method": number.status_callback_method,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "uri": f"/2010-04-01/Accounts/{account_sid}/IncomingPhoneNumbers/{number.sid}.json",
    }


def page(name: str, items: Sequence[dict[str, Any]], url: URL) -> dict[str, Any]:
    """One page of a list; `next_page_uri` keeps the filters."""
    size = min(1000, max(1, _whole(url.query.get("PageSize"), 50)))
    number = max(0, _whole(url.query.get("Page"), 0))
    shown = items[number * size : (number + 1) * size]

    def uri(wanted: int) -> str:
        return str(URL(url.raw_path).with_query({**url.query, "PageSize": size, "Page": wanted}))

    return {
        name: list(shown),
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(shown) - 1),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(number - 1) if number else None,
        "next_page_uri": uri(number + 1) if len(items) > (number + 1) * size else None,
    }


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _date(when: datetime | None) -> str | None:
    return None if when is None else format_datetime(when)
