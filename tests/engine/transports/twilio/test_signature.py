from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from biami_engine.transports.twilio.signature import (
    SETTINGS_HEADER,
    SIGNATURE_HEADER,
    candidate_urls,
    compute_signature,
    is_signed,
)

TOKEN = "12345"
URL = "https://example.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]


def signed_by(url: str, parameters=(), token: str = TOKEN) -> dict[str, str]:
    return {SIGNATURE_HEADER: compute_signature(token, url, parameters)}


def test_the_vector_of_the_documentation():
    assert compute_signature(TOKEN, URL, FORM) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert compute_signature(TOKEN, URL, FORM, "sha256") == "qMztBq0IANMH/q0K9sCfKQJLylezvRdRzRS647SAVow="


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("wss://h.example/ms", "CVdiYZNjA+4KFSNCVVytYj6UmxU="),
        ("wss://h.example/ms/", "6wySQjGCLNUIc0zkCM4JSDfrHbk="),
        ("wss://h.example:8443/ms", "c8xmwLGgf+5OngRMGK8lU/L5DfQ="),
    ],
)
def test_the_websocket_vectors(url, signature):
    assert compute_signature(TOKEN, url) == signature
    assert is_signed(TOKEN, url, {SIGNATURE_HEADER: signature})


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(names, st.lists(values, min_size=1, max_size=3), max_size=6))
def test_the_sdk_signs_the_same(form):
    pairs = [(name, value) for name, several in form.items() for value in several]
    expected = RequestValidator(TOKEN).compute_signature(URL, MultiDict(pairs))
    assert compute_signature(TOKEN, URL, pairs) == expected


@given(st.dictionaries(names, values, max_size=6), st.sampled_from(["", ":443", ":8443"]))
def test_what_we_sign_the_sdk_accepts(form, port):
    url = f"https://example.com{port}/twilio/voice?x=1"
    signature = compute_signature(TOKEN, url, form.items())
    assert RequestValidator(TOKEN).validate(url, form, signature)
    assert is_signed(TOKEN, url, {SIGNATURE_HEADER: signature}, form.items())


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://h.example:8443/v", "https://h.example/v"),
        ("https://h.example/v", "https://h.example:443/v"),
        ("http://h.example:8080/v", "http://h.example:8080/v"),
        ("https://user:pass@h.example/v?a=%2F", "https://h.example/v?a=%2F"),
        ("https://[2001:db8::1]:8443/v", "https://[2001:db8::1]/v"),
        ("https://[2001:db8::1]/v", "https://[2001:db8::1]:443/v"),
        ("https://h.example/v#rc=2", "https://h.example/v"),
        ("wss://h.example/ms", "wss://h.example/ms/"),
        ("wss://h.example/ms/", "wss://h.example/ms"),
        ("wss://h.example/ms", "wss://h.example:443/ms"),
        ("wss://h.example:443/ms", "wss://h.example/ms"),
    ],
)
def test_forms_of_one_address(configured, signed):
    assert is_signed(TOKEN, configured, signed_by(signed))


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://h.example/v", "https://h.example/v/"),
        ("https://h.example/v", "https://h.example:8443/v"),
        ("https://h.example/v", "http://h.example/v"),
        ("https://h.example/v", "https://evil.example/v"),
        ("https://h.example/v?a=1", "https://h.example/v"),
        ("wss://h.example/ms", "https://h.example/ms"),
    ],
)
def test_another_address_is_not_ours(configured, signed):
    assert not is_signed(TOKEN, configured, signed_by(signed))


def test_a_wrong_a_missing_and_an_odd_signature():
    assert not is_signed(TOKEN, URL, {}, FORM)
    assert not is_signed(TOKEN, URL, {SIGNATURE_HEADER: ""}, FORM)
    assert not is_signed(TOKEN, URL, {SIGNATURE_HEADER: "ümläut\udcff"}, FORM)
    assert not is_signed(TOKEN, URL, signed_by(URL, FORM, "54321"), FORM)
    assert not is_signed(TOKEN, URL, signed_by(URL, FORM), [*FORM[:-1], ("To", "+18005551213")])
    assert not is_signed("", URL, signed_by(URL, FORM, ""), FORM)


@pytest.mark.parametrize("index", range(len(FORM)))
def test_every_parameter_counts(index):
    assert not is_signed(TOKEN, URL, signed_by(URL, FORM), FORM[:index] + FORM[index + 1 :])


def test_a_shared_key_signs_with_sha256():
    key = "webhooks_sharedkey_1"
    headers = {
        SIGNATURE_HEADER: compute_signature("shared", URL, FORM, "sha256"),
        SETTINGS_HEADER: f"key={key},algorithm=HMAC_SHA256",
    }
    assert is_signed(TOKEN, URL, headers, FORM, shared_keys={key: "shared"})
    assert not is_signed(TOKEN, URL, headers, FORM)
    assert not is_signed(TOKEN, URL, headers, FORM, shared_keys={"other": "shared"})


def test_a_json_body_is_bound_by_its_hash():
    body = b'{"a": 1}'
    url = f"https://h.example/v?bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert is_signed(TOKEN, url, signed_by(url), body=body)
    assert not is_signed(TOKEN, url, signed_by(url), body=b'{"a": 2}')


def test_candidates_are_few_and_distinct():
    candidates = list(candidate_urls("wss://u:p@[::1]:443/ms"))
    assert len(candidates) == len(set(candidates)) == 4
