"""The form of `POST Calls`: read as Twilio reads it, and refused where something in it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from multidict import MultiMapping

from .call import CallbackPlan, CallPlan, DetectionPlan
from .errors import RestError

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")
MAX_TWIML_CHARACTERS = 4000
CALLBACK_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
CREATE_PARAMETERS = re.compile(
    "To|From|Url|Method|Fallback(Url|Method)|Twiml|StatusCallback(Method|Event)?|SendDigits|Timeout|TimeLimit"
    "|Record|Recording(Channels|Track|StatusCallback(Method|Event)?)|Trim|AsyncAmd(StatusCallback(Method)?)?"
    "|MachineDetection(Timeout|SpeechThreshold|SpeechEndThreshold|SilenceTimeout)?|CallerId|CallReason|CallToken"
)
UPDATE_PARAMETERS = re.compile("Status|Url|Method|Twiml|Fallback(Url|Method)|StatusCallback(Method)?|TimeLimit")
UNREACHABLE = {"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
"""Twilio's own magic numbers (Twilio: test credentials)."""

Form = MultiMapping[str]


def check_names(form: Form, known: re.Pattern[str]) -> None:
    """Stricter than Twilio, which ignores what it does not know: a misspelt parameter must not pass a test."""
    for name in form:
        if not known.fullmatch(name):
            raise RestError(20001, f"{name} is unknown")


def read_parties(form: Form, owned: Mapping[str, object]) -> tuple[str, str]:
    """`To` and `From`, or the error Twilio gives."""
    to, from_ = form.get("To", ""), form.get("From", "")
    if not to:
        raise RestError(21201)
    if not from_:
        raise RestError(21213)
    if not E164.fullmatch(to):
        raise RestError(21211, to)
    if to in UNREACHABLE:
        raise RestError(UNREACHABLE[to], to)
    if not E164.fullmatch(from_):
        raise RestError(21212, from_)
    if from_ not in owned:
        raise RestError(21210, from_)
    return to, from_


def read_plan(form: Form) -> CallPlan:
    """Everything else of a call to create. With both `Url` and `Twiml` the `Url` wins."""
    url, twiml = _url(form, "Url", 21205), form.get("Twiml", "")
    if not url and not twiml:
        raise RestError(21205)
    check_twiml(twiml)
    digits = form.get("SendDigits", "")
    if digits and not DIGITS.fullmatch(digits):
        raise RestError(20001, f"SendDigits {digits}")
    return CallPlan(
        url=url,
        method=_method(form, "Method"),
        fallback_url=_url(form, "FallbackUrl", 21205),
        twiml="" if url else twiml,
        ring_seconds=_number(form, "Timeout", 60, 1, 600),
        time_limit_seconds=_number(form, "TimeLimit", 14400, 1, 86400),
        send_digits=digits,
        callbacks=_callbacks(form),
        detection=_detection(form),
    )


def check_twiml(twiml: str) -> None:
    if len(twiml) > MAX_TWIML_CHARACTERS:
        raise RestError(20001, "Twiml has more than 4000 characters")


def _callbacks(form: Form) -> CallbackPlan:
    events = [word for value in form.getall("StatusCallbackEvent", ["completed"]) for word in value.split()]
    if unknown := set(events) - CALLBACK_EVENTS:
        raise RestError(20001, f"StatusCallbackEvent {sorted(unknown)[0]}")
    return CallbackPlan(_url(form, "StatusCallback", 21209), _method(form, "StatusCallbackMethod"), frozenset(events))


def _detection(form: Form) -> DetectionPlan:
    mode = form.get("MachineDetection", "")
    if mode not in {"", "Enable", "DetectMessageEnd"}:
        raise RestError(20001, f"MachineDetection {mode}")
    return DetectionPlan(
        mode=mode,
        asynchronous=form.get("AsyncAmd", "false").lower() == "true",
        callback_url=_url(form, "AsyncAmdStatusCallback", 21209),
        callback_method=_method(form, "AsyncAmdStatusCallbackMethod"),
        timeout_seconds=_number(form, "MachineDetectionTimeout", 30, 3, 59),
    )


def _url(form: Form, name: str, code: int) -> str:
    url = form.get(name, "")
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RestError(code, url)
    return url


def _method(form: Form, name: str) -> str:
    method = form.get(name, "POST").upper()
    if method not in {"GET", "POST"}:
        raise RestError(20001, f"{name} {method}")
    return method


def _number(form: Form, name: str, default: float, low: float, high: float) -> float:
    text = form.get(name)
    if text is None:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise RestError(20001, f"{name} {text}")
    return float(text)
