"""What every prompt may know: the time, who is at the other end, and why the call takes place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from ..config import ContactConfig, ContextConfig, EngineConfig
from ..interface import CallRecord, Direction

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_DATES = {"en": "{day} {month} {year}", "de": "{day}. {month} {year}"}
_WORDS = {
    "en": {
        "company": "this house",
        "unknown": "not known",
        "inbound": "The caller rang us; find out why.",
        "outbound": "You placed this call. Say at once who you are and why you call. This is what it is for: {goal}",
        "aimless": "You placed this call; what it is for was not said.",
        "nobody": "nobody",
        "asked": "How can I help you?",
        "asking": "Do you have a moment?",
    },
    "de": {
        "company": "dieses Haus",
        "unknown": "nicht bekannt",
        "inbound": "Der Anrufer hat uns angerufen; finde heraus, warum.",
        "outbound": "Du hast diesen Anruf begonnen. Sage gleich, wer du bist und worum es geht, nämlich: {goal}",
        "aimless": "Du hast diesen Anruf begonnen; wozu, wurde nicht gesagt.",
        "nobody": "niemanden",
        "asked": "Was kann ich für Sie tun?",
        "asking": "Haben Sie einen Moment Zeit?",
    },
}


def contact_with(config: EngineConfig, number: str) -> ContactConfig | None:
    """The contact whose number it is. A caller's number can be forged: it names a caller, it proves nothing."""
    return next((contact for contact in config.contacts.values() if number and contact.number == number), None)


def own_context(config: EngineConfig, number: str) -> str:
    """The context that speaks with the contact of this number; empty where there is none."""
    contact = contact_with(config, number)
    return contact.context if contact else ""


def far_number(record: CallRecord) -> str:
    return record.from_ if record.direction is Direction.INBOUND else record.to


def transfer_names(config: EngineConfig, context: ContextConfig) -> tuple[str, ...]:
    return context.transfer_to or tuple(config.contacts)


def call_variables(config: EngineConfig, context: ContextConfig, record: CallRecord, now: datetime) -> dict[str, str]:
    """Values by name, weakest first: the house's, those of the configuration, of the context; a call's own follow."""
    language = context.language.partition("-")[0].lower()
    words = _WORDS.get(language, _WORDS["en"])
    contact = contact_with(config, far_number(record))
    goal = (record.goal or "").strip()
    why = "inbound" if record.direction is Direction.INBOUND else "outbound" if goal else "aimless"
    return {
        **_moment(now.astimezone(ZoneInfo(config.time_zone) if config.time_zone else None), language),
        "company": words["company"],
        "caller": far_number(record),
        "caller_name": contact.name if contact else words["unknown"],
        "from": record.from_,
        "to": record.to,
        "goal": goal,
        "call_reason": words[why].replace("{goal}", goal),
        "opening_question": words["asked" if record.direction is Direction.INBOUND else "asking"],
        "transfer_names": ", ".join(transfer_names(config, context)) or words["nobody"],
        **config.variables,
        **context.variables,
    }


def _moment(local: datetime, language: str) -> Mapping[str, str]:
    """A date as it is spoken; in a language we have no words for, the English ones."""
    known = language if language in _DAYS else "en"
    month = _MONTHS[known].split()[local.month - 1]
    return {
        "date": _DATES[known].format(day=local.day, month=month, year=local.year),
        "weekday": _DAYS[known][local.weekday()],
        "time": local.strftime("%H:%M"),
    }
