from __future__ import annotations

import pytest

from biami_engine.backends.offline.dialogue.numerals import digits_of, normalised, number_of, spoken_digits


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Twenty-three, please.", "23 please"),
        ("The twenty first of May", "the 21st of may"),
        ("The second one.", "the 2nd one"),
        ("One hundred and five", "105"),
        ("two thousand and six", "2006"),
        ("At 3:30 p.m.", "at 3:30 pm"),
        ("It's $15.50!", "it's 15.50"),
        ("", ""),
    ],
)
def test_what_was_said_in_numerals(said: str, text: str) -> None:
    assert normalised(said) == text


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("Five five five, one two three four.", "5551234"),
        ("555-1234", "5551234"),
        ("My number is double five six, oh seven", "55607"),
        ("plus four nine, one five one", "+49151"),
        ("For four one, nine.", "4419"),
        ("It's for Anna.", ""),
        ("I have two dogs", "2"),
    ],
)
def test_digits_of_a_telephone_number(said: str, digits: str) -> None:
    assert digits_of(normalised(said)) == digits


def test_a_number_is_read_back_in_threes() -> None:
    assert spoken_digits("5551234") == "5 5 5, 1 2 3, 4"
    assert spoken_digits("+4915") == "plus 4 9 1, 5"


def test_the_first_number_counts() -> None:
    assert number_of("about 20.5 degrees or 21") == 20.5
    assert number_of("none at all") is None
