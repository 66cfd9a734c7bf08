import pytest

from biami_engine.audio.frame import PCM16_24K, Audio
from biami_engine.transports.browser.playout import AHEAD_MS, MAX_UNREPORTED_MS, STEP_MS, PagePlayout


def sound(ms: float) -> Audio:
    return Audio.silence(PCM16_24K, ms)


def taken_ms(playout: PagePlayout, now: float) -> float:
    return sum(piece.audio.duration_ms for piece in playout.take(now))


@pytest.fixture
def playout() -> PagePlayout:
    playout = PagePlayout()
    playout.put("a", sound(2000))
    return playout


def test_the_page_is_at_most_so_far_ahead_of_the_clock(playout: PagePlayout) -> None:
    assert taken_ms(playout, 0.0) == AHEAD_MS
    assert taken_ms(playout, 0.01) == 0
    playout.heard("a", AHEAD_MS)
    assert taken_ms(playout, 0.1) == pytest.approx(100, abs=0.1)


def test_the_next_step_is_due_when_it_fits(playout: PagePlayout) -> None:
    playout.take(5.0)
    assert playout.next_due(5.0) == pytest.approx(5.0 + STEP_MS / 1000)


def test_nothing_is_due_where_nothing_waits() -> None:
    playout = PagePlayout()
    playout.put("a", sound(100))
    assert taken_ms(playout, 0.0) == 100
    assert playout.next_due(0.0) is None


def test_a_page_that_reports_nothing_is_given_nothing_more(playout: PagePlayout) -> None:
    sent = sum(taken_ms(playout, second / 10) for second in range(100))
    assert MAX_UNREPORTED_MS - STEP_MS < sent <= MAX_UNREPORTED_MS
    assert playout.next_due(10.0) is None
    playout.heard("a", sent)
    assert taken_ms(playout, 10.0) == AHEAD_MS


def test_heard_is_never_beyond_what_was_sent_and_never_goes_back(playout: PagePlayout) -> None:
    playout.take(0.0)
    assert playout.heard("a", 80) == 80
    assert playout.heard("a", 60) is None
    assert playout.heard("a", 5000) == AHEAD_MS
    assert playout.heard("unknown", 5) is None


def test_a_clear_drops_what_waits_and_starts_an_epoch_at_once(playout: PagePlayout) -> None:
    playout.take(0.0)
    assert playout.clear() == 0
    assert playout.epoch == 1
    assert playout.take(0.01) == []
    playout.put("b", sound(500))
    assert {piece.item_id for piece in playout.take(0.01)} == {"b"}


def test_a_cleared_item_may_report_its_end_until_it_is_settled(playout: PagePlayout) -> None:
    playout.take(0.0)
    ended = playout.clear()
    assert playout.heard("a", 90) == 90
    playout.settle(ended)
    assert playout.heard("a", 150) is None


def test_settling_an_old_epoch_leaves_the_present_one(playout: PagePlayout) -> None:
    ended = playout.clear()
    playout.put("b", sound(100))
    playout.take(0.0)
    playout.settle(ended)
    assert playout.heard("b", 50) == 50


def test_items_follow_each_other_in_order(playout: PagePlayout) -> None:
    playout = PagePlayout()
    for item in ("a", "b", "c"):
        playout.put(item, sound(60))
    assert [piece.item_id for piece in playout.take(0.0)] == ["a", "b", "c"]


def test_more_than_ten_minutes_do_not_wait() -> None:
    playout = PagePlayout()
    minute = sound(60_000)
    assert [playout.put("a", minute) for _ in range(11)] == [True] * 10 + [False]
