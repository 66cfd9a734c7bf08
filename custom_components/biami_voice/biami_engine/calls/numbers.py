"""Phone numbers in any form a person writes them, made E.164 (ITU-T E.164: a plus and at most 15 digits)."""

from __future__ import annotations

from ..errors import CallRefused

MAX_WRITTEN_LENGTH = 40


def normalise(number: str | int, region: str) -> str:
    """The number in E.164, national forms read as `region` (ISO code) dials them; raises `CallRefused`.

    A number only has to be possible, not assigned: numbers kept for fiction (555) and new ranges must work.
    """
    written = str(number).strip()
    region = region.upper()
    if not written:
        raise _refused("no number was given")
    if len(written) > MAX_WRITTEN_LENGTH:
        raise _refused("the number is too long")
    if isinstance(number, int) and (international := _plus_lost(written, region)):
        return international
    return _e164(written, region)


def _e164(written: str, region: str) -> str:
    # Imported late: the metadata of all regions costs memory that a browser-only daemon does not need.
    import phonenumbers

    try:
        parsed = phonenumbers.parse(written, region or None)
    except phonenumbers.NumberParseException:
        if not region and not written.startswith("+"):
            message = f"{written!r} has no country code: write +<country code><number> or set a default region"
            raise _refused(message) from None
        raise _refused(f"{written!r} is not a phone number") from None
    if parsed.extension:
        raise _refused(f"{written!r} has an extension: dial the number and send the extension as digits")
    # A local-only number (no area code) cannot be dialled from outside its area.
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _refused(f"{written!r} has the wrong number of digits")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _plus_lost(digits: str, region: str) -> str | None:
    """YAML and JSON read `+4930…` as an integer: take digits as international where only that is a real number."""
    import phonenumbers

    def assigned(written: str) -> bool:
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(written, region or None))
        except phonenumbers.NumberParseException:
            return False

    if not region or (assigned(f"+{digits}") and not assigned(digits)):
        return _e164(f"+{digits}", region)
    return None


def _refused(sentence: str) -> CallRefused:
    return CallRefused("invalid_number", sentence)
