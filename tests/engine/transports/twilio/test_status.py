from __future__ import annotations

from itertools import permutations

import pytest

from biami_engine.interface import CallStatus
from biami_engine.transports.twilio.status import MAX_REMEMBERED, SeenBefore, StatusTracker, read_status

WORDS = ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("order", list(permutations(WORDS)))
def test_in_any_order_it_ends_once_and_stays_ended(order):
    tracker = StatusTracker()
    news = [word for word in order if tracker.advance(read_status(word))]
    assert tracker.status is CallStatus.COMPLETED
    assert news[-1] == "completed"
    assert news == sorted(news, key=WORDS.index)


def test_the_first_terminal_state_stays():
    tracker = StatusTracker()
    assert tracker.advance(CallStatus.BUSY)
    assert not tracker.advance(CallStatus.COMPLETED)
    assert tracker.status is CallStatus.BUSY


def test_words_of_callbacks():
    assert read_status("initiated") is CallStatus.QUEUED
    assert read_status("no-answer") is CallStatus.NO_ANSWER
    assert read_status("") is None
    assert read_status("exploded") is None


def test_a_retry_is_known_for_a_while():
    seen = SeenBefore()
    assert not seen("a")
    assert seen("a")
    for number in range(MAX_REMEMBERED):
        seen(number)
    assert not seen("a")
