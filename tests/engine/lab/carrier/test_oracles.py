"""Twilio's own software as the judge: its client talks to the carrier, its validator reads the signatures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from biami_engine.lab.carrier import LabCarrier
from biami_engine.lab.carrier.signature import sign, signed_url

from .conftest import CALLER, HOUSE, Customer, Talker

SESSION = Path(__file__).with_name("sdk_session.py")


async def run(*command: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, command
    return output.decode()


@pytest.mark.parametrize("pinned", [False, True], ids=["installed", "pinned"])
async def test_the_sdk_cannot_tell_the_carrier_from_twilio(
    carrier: LabCarrier, customer: Customer, pinned_twilio: Path, pinned: bool
) -> None:
    account = (carrier.url, carrier.account_sid, carrier.auth_token)
    output = await run(
        sys.executable, str(SESSION), *account, HOUSE, CALLER, PYTHONPATH=str(pinned_twilio) if pinned else ""
    )
    seen = json.loads(output)
    assert pinned_twilio.name.endswith(seen.pop("version")) == pinned
    assert seen.pop("created_at").endswith("+00:00")
    assert seen == {
        "created": ["queued", "outbound-api", CALLER, HOUSE],
        "ended": "canceled",
        "fetched": "canceled",
        "listed": True,
        "none_started": True,
        "number": [HOUSE, customer.url + "/voice"],
        "pointed": "https://example.org/v",
        "balance": "USD",
        "bad_to": 21211,
        "bad_from": 21210,
        "not_in_progress": 21220,
        "unknown": 20404,
        "stranger": 20003,
        "deleted": True,
    }


async def test_the_validator_accepts_webhooks_and_the_upgrade(carrier: LabCarrier, customer: Customer) -> None:
    customer.twiml["/voice"] = customer.connect()
    call = await carrier.call(CALLER, HOUSE, phone := Talker())
    await customer.until(lambda: bool(customer.events("media")))
    assert phone.line is not None
    phone.line.hang_up()
    await customer.until(lambda: "completed" in customer.statuses())
    validator = RequestValidator(carrier.auth_token)
    for path, form, signature in customer.posts:
        assert validator.validate(customer.url + path, form, signature)
    assert validator.validate(call.streams[0].plan.url, {}, customer.upgrades[0])


@pytest.mark.parametrize("fault", ["bad_webhook_signature", "bad_media_signature"])
async def test_bad_signatures_are_really_bad(carrier: LabCarrier, customer: Customer, fault: str) -> None:
    setattr(carrier.faults, fault, True)
    customer.twiml["/voice"] = customer.connect()
    await carrier.call(CALLER, HOUSE, Talker())
    await customer.until(lambda: bool(customer.events("media")))
    validator = RequestValidator(carrier.auth_token)
    _, form, signature = customer.posts[0]
    accepted = (
        bool(validator.validate(customer.url + "/voice", form, signature)),
        bool(validator.validate(customer.url.replace("http", "ws", 1) + "/media", {}, customer.upgrades[0])),
    )
    assert accepted == (fault != "bad_webhook_signature", fault != "bad_media_signature")


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://example.org/voice", [("b", "2"), ("a", "1"), ("A", " ")]),
        ("https://user:secret@example.org:8443/voice?x=1#rc=2", [("From", "+1415"), ("Empty", "")]),
        ("http://127.0.0.1:8080/voice", [("Event", "b"), ("Event", "a"), ("Event", "a")]),
        ("wss://example.org:8443/media", []),
    ],
)
def test_signatures_are_those_of_the_sdk(url: str, form: list[tuple[str, str]]) -> None:
    expected = RequestValidator("12345").compute_signature(signed_url(url), MultiDict(form))
    assert sign("12345", signed_url(url), form) == expected


def test_the_documented_signatures() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, form.items()) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert sign("12345", "wss://h.example/ms") == "CVdiYZNjA+4KFSNCVVytYj6UmxU="
    assert signed_url("https://u:p@h.example:8443/ms?a=1#rc=3") == "https://h.example/ms?a=1"
    assert signed_url("http://127.0.0.1:8080/ms") == "http://127.0.0.1:8080/ms"
