from __future__ import annotations

from xml.etree import ElementTree

import pytest

from biami_engine.interface import RejectReason
from biami_engine.transports.port import DialRequest
from biami_engine.transports.twilio import twiml
from biami_engine.transports.twilio.forms import create_form, stream_url


def test_the_connect_document():
    root = ElementTree.fromstring(twiml.connect_stream("wss://h.example/twilio/media/o", "to&ken<"))
    stream = root.find("Connect/Stream")
    assert stream.attrib == {"url": "wss://h.example/twilio/media/o"}
    assert stream.find("Parameter").attrib == {"name": "token", "value": "to&ken<"}
    assert [child.tag for child in root] == ["Connect"]


def test_keys_come_before_the_next_stream():
    root = ElementTree.fromstring(twiml.connect_stream("wss://h.example/m", "t", "1ww2"))
    assert [child.tag for child in root] == ["Play", "Connect"]
    assert root.find("Play").attrib == {"digits": "1ww2"}


@pytest.mark.parametrize(
    ("reason", "word"),
    [(RejectReason.BUSY, "busy"), (RejectReason.DECLINED, "rejected"), (RejectReason.NOT_FOUND, "rejected")],
)
def test_reject(reason, word):
    assert ElementTree.fromstring(twiml.reject(reason)).find("Reject").get("reason") == word


def test_an_apology_is_said_and_ends_the_call():
    root = ElementTree.fromstring(twiml.apologise("Sorry & goodbye"))
    assert [child.tag for child in root] == ["Say", "Hangup"]
    assert root.find("Say").text == "Sorry & goodbye"


def test_a_stream_address_has_no_query_and_is_secure_where_we_are():
    assert stream_url("https://h.example/base", "o1") == "wss://h.example/base/twilio/media/o1"
    assert stream_url("http://127.0.0.1:80", "o1") == "ws://127.0.0.1:80/twilio/media/o1"


def test_the_create_form_fits_and_always_has_a_time_limit():
    document = twiml.connect_stream(stream_url("https://" + "h" * 60 + ".example", "o" * 12), "t" * 200)
    request = DialRequest("call_1", "call_1-1", "+14155550123", "+12313993815", 900, 25, "1w2", True)
    form = create_form(request, document, "https://h.example")
    assert len(form["Twiml"]) < 4000
    assert (form["TimeLimit"], form["Timeout"], form["SendDigits"]) == ("900", "25", "1w2")
    assert form["StatusCallback"] == "https://h.example/api/outbound/status-callback?leg=call_1-1"
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert form["AsyncAmd"] == "true"
    plain = create_form(DialRequest("c", "c-1", "+1", "+2", 900), document, "https://h.example")
    assert "AsyncAmd" not in plain
    assert "SendDigits" not in plain
