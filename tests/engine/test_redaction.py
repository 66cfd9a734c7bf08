"""Numbers and secrets never reach a log in clear."""

from __future__ import annotations

import pytest

from biami_engine.redaction import mask_number, redact


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+12313993815", "+12***15"),
        ("+49 30 1234567", "+49***67"),
        ("5555551234", "***34"),
        ("112", "112"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("sip:+4930123456@fritz.box", "sip:+49***56@fritz.box"),
    ],
)
def test_mask_number(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("dialling +12313993815 now", "dialling +12***15 now"),
        ("To=%2B12313993815&From=%2B15005550006", "To=+12***15&From=+15***06"),
        ("call (231) 399-3815, or 231-399-3815.", "call ***15, or ***15."),
        ("0301234567 rang", "***67 rang"),
        ("from 00493012345678", "from ***78"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("{'authorization': 'Basic QUM6dG9rZW4='}", "{'authorization': 'Basic ***'}"),
        ("auth_token=0123abcd4567&x=1", "auth_token=***&x=1"),
        ('{"api_key": "zx81-very-secret"}', '{"api_key": "***"}'),
        ("key sk-proj-abcDEF_123", "key ***"),
        ("postgresql://biami:geheim@db/biami", "postgresql://***@db/biami"),
    ],
)
def test_redact_hides(text: str, safe: str) -> None:
    assert redact(text) == safe
    assert redact(safe) == safe


@pytest.mark.parametrize(
    "text",
    [
        "call_0123456789abcdef0123 ended after 12.3 s",
        "listening on 127.0.0.1:8080, 192.168.100.200",
        "2026-11-01T12:30:00 port 65535 HTTP 404",
        "the stream token was used before",
        "CA0123456789abcdef0123456789abcdef answered",
        "https://voice.example.org/twilio/media",
    ],
)
def test_redact_leaves_the_rest(text: str) -> None:
    assert redact(text) == text


def test_configured_secrets_are_hidden_wherever_they_stand() -> None:
    assert redact("GET /x?y=hunter22secret", ["hunter22secret"]) == "GET /x?y=***"


def test_a_short_secret_does_not_tear_words() -> None:
    assert redact("a cat sat", ["a"]) == "a cat sat"
