from __future__ import annotations

import random

import pytest

from biami_engine.backends.pipeline.text import Sentences, speakable

ANSWER = "<think>Is it 3. O'clock? No.</think>Hello, Mr. Smith. It is 3.5 degrees! Press 3. Then wait"
WHOLE = ["Hello, Mr. Smith.", "It is 3.5 degrees!", "Press 3.", "Then wait"]


def said(deltas: list[str]) -> list[str]:
    sentences = Sentences()
    return [sentence for delta in deltas for sentence in sentences.feed(delta)] + sentences.flush()


def test_however_the_text_is_cut_the_sentences_are_the_same(seed: int) -> None:
    chance = random.Random(seed)
    assert said([ANSWER]) == WHOLE
    assert said(list(ANSWER)) == WHOLE
    for _ in range(200):
        cuts = sorted(chance.sample(range(len(ANSWER)), 12))
        pieces = [ANSWER[a:b] for a, b in zip([0, *cuts], [*cuts, len(ANSWER)], strict=True)]
        assert said(pieces) == WHOLE, pieces


def test_a_sentence_goes_as_soon_as_the_next_begins() -> None:
    sentences = Sentences()
    assert sentences.feed("Hello there.") == []
    assert sentences.feed(" How") == ["Hello there."]
    assert sentences.feed(" are you?") == []
    assert sentences.flush() == ["How are you?"]
    assert sentences.flush() == []


def test_a_thought_that_never_ends_is_not_said() -> None:
    assert said(["Well. <thi", "nk>hm", " hm"]) == ["Well."]
    assert said(["Five < six."]) == ["Five < six."]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**Yes**, at _nine_.", "Yes, at nine."),
        ("See [our page](https://example.org/a_b).", "See our page."),
        ("- milk", "milk"),
        ("1. Open the app", "Open the app"),
        ("It costs 5 * 3 euros", "It costs 5 3 euros"),
        ("***", ""),
        ("…", ""),
    ],
)
def test_markup_is_not_said(written: str, spoken: str) -> None:
    assert speakable(written) == spoken
