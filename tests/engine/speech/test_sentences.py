from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biami_engine.speech.sentences import MAX_CHARACTERS, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  \n ", []),
        ("Hello", ["Hello"]),
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Dr. Smith and Mrs. Jones met. They talked.", ["Dr. Smith and Mrs. Jones met.", "They talked."]),
        ("J. R. Smith called. Call back.", ["J. R. Smith called.", "Call back."]),
        ("It is Plan I. Then plan two.", ["It is Plan I.", "Then plan two."]),
        ("It costs 3.50 euros. Fine.", ["It costs 3.50 euros.", "Fine."]),
        ("Version 2.0.1 is out. Good.", ["Version 2.0.1 is out.", "Good."]),
        ("Come at 9 a.m. and ring. Thanks.", ["Come at 9 a.m. and ring.", "Thanks."]),
        ("Press 3. Then wait.", ["Press 3.", "Then wait."]),
        ("Am 3. Oktober ist frei. Ja?", ["Am 3. Oktober ist frei.", "Ja?"]),
        ("Use a tool, e.g. a hammer, z.B. einen. Done.", ["Use a tool, e.g. a hammer, z.B. einen.", "Done."]),
        ("Wait... what? Oh!", ["Wait... what?", "Oh!"]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("Write to info@biami.io. Or call.", ["Write to info@biami.io.", "Or call."]),
        ("One line\nAnother  line", ["One line", "Another line"]),
        ("Hr. Meier kommt. Gut.", ["Hr. Meier kommt.", "Gut."]),
        ("Zimmer Nr. 5 ist frei…  Bitte.", ["Zimmer Nr. 5 ist frei…", "Bitte."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_long_sentence_is_cut_at_a_clause_else_at_a_word_else_anywhere() -> None:
    clause = "a" * 150 + ", " + "word " * 60
    assert split_sentences(clause)[0] == "a" * 150 + ","
    words = split_sentences("word " * 100)
    assert all(set(part.split()) == {"word"} for part in words)
    assert [len(part) for part in split_sentences("x" * 650)] == [300, 300, 50]


@given(st.text())
def test_nothing_is_lost_and_nothing_is_too_long(text: str) -> None:
    parts = split_sentences(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < len(part) <= MAX_CHARACTERS and part == part.strip() for part in parts)
