import pytest

from biami_engine.calls.numbers import normalise
from biami_engine.errors import CallRefused


@pytest.mark.parametrize(
    ("written", "region", "e164"),
    [
        ("5555551234", "US", "+15555551234"),
        ("+15555551234", "", "+15555551234"),
        ("(555) 555-1234", "us", "+15555551234"),
        ("1 555 555 1234", "US", "+15555551234"),
        ("030 123456", "DE", "+4930123456"),
        ("0049 30 123456", "DE", "+4930123456"),
        (" +1-231-399-3815 ", "DE", "+12313993815"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        (5555551234, "US", "+15555551234"),
        (15555551234, "", "+15555551234"),
        (4930123456, "US", "+4930123456"),
    ],
)
def test_a_number_is_read_as_its_region_writes_it(written: str | int, region: str, e164: str) -> None:
    assert normalise(written, region) == e164


@pytest.mark.parametrize(
    ("written", "region", "reason"),
    [
        ("", "US", "no number"),
        ("   ", "US", "no number"),
        ("abc", "US", "not a phone number"),
        ("anna", "", "no country code"),
        ("5555551234", "", "no country code"),
        ("5551234", "US", "wrong number of digits"),
        ("911", "US", "wrong number of digits"),
        ("112", "DE", "wrong number of digits"),
        ("+1555555123", "", "wrong number of digits"),
        ("+1555555123456", "US", "wrong number of digits"),
        ("+999123456789", "", "not a phone number"),
        ("+1 555 555 1234 ext 5", "US", "extension"),
        ("sip:anna@example.org", "DE", "not a phone number"),
        ("+49" + "1" * 60, "DE", "too long"),
        ("5555551234", "XX", "not a phone number"),
    ],
)
def test_what_cannot_be_dialled_is_refused_in_a_sentence(written: str, region: str, reason: str) -> None:
    with pytest.raises(CallRefused, match=reason) as refused:
        normalise(written, region)
    assert refused.value.code == "invalid_number"
