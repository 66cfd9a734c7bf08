from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.transports.twilio.tokens import mint_token, read_token

KEY = b"k" * 32
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def mint(key: bytes = KEY) -> str:
    return mint_token(key, "call_1", "call_1-1", "owner", NOW + timedelta(minutes=5))[0]


def test_a_token_says_what_was_signed():
    text, token = mint_token(KEY, "call_1", "call_1-1", "owner", NOW + timedelta(minutes=5))
    assert read_token(KEY, text) == token
    assert (token.call_id, token.leg_id, token.owner) == ("call_1", "call_1-1", "owner")
    assert not token.expired(NOW)
    assert token.expired(NOW + timedelta(minutes=5))


def test_two_tokens_of_one_leg_differ():
    assert mint() != mint()


def test_another_key_signed_it():
    assert read_token(b"x" * 32, mint()) is None


@pytest.mark.parametrize("index", range(0, 100, 7))
def test_a_changed_character_is_noticed(index):
    text = mint()
    index %= text.index(".")
    changed = text[:index] + ("A" if text[index] != "A" else "B") + text[index + 1 :]
    assert read_token(KEY, changed) is None


@given(st.text())
def test_any_text_is_answered(text):
    assert read_token(KEY, text) is None


def test_a_token_fits_into_a_twiml_parameter():
    text, _ = mint_token(KEY, "call_" + "f" * 20, "call_" + "f" * 20 + "-1", "o" * 12, NOW)
    assert len("token") + len(text) < 500


def test_an_id_that_would_blur_the_fields():
    with pytest.raises(ValueError, match="must not hold"):
        mint_token(KEY, "call|1", "leg", "owner", NOW)
