"""The clock against a simulated ear that plays sample by sample (here: millisecond by millisecond)."""

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from biami_engine.audio.playback_clock import MAX_RUNS, PlaybackClock


@dataclass
class Ear:
    """A far end's buffer: sound reaches it `there` ms after it was sent; marks come `back` ms after they are due."""

    there: int
    back: int
    buffer: list[str | tuple[str, int]] = field(default_factory=list)
    on_the_way: list[tuple[int, str, int]] = field(default_factory=list)
    heard: dict[str, int] = field(default_factory=dict)
    marks: list[tuple[int, str, int]] = field(default_factory=list)
    plays_from: int = 0

    def send(self, now: int, item: str, ms: int, cumulative: int) -> None:
        self.on_the_way.append((now + self.there, item, ms))
        self.on_the_way.append((now + self.there, item, -cumulative))

    def tick(self, now: int) -> None:
        """Play the millisecond from `now` on."""
        while self.on_the_way and self.on_the_way[0][0] <= now:
            _, item, ms = self.on_the_way.pop(0)
            self.buffer += [item] * ms if ms > 0 else [(item, -ms)]
        played = now < self.plays_from
        while self.buffer and not (played and isinstance(self.buffer[0], str)):
            entry = self.buffer.pop(0)
            if isinstance(entry, tuple):
                self.marks.append((now + played + self.back, *entry))
            else:
                self.heard[entry] = self.heard.get(entry, 0) + 1
                played = True

    def due_marks(self, now: int) -> list[tuple[str, int]]:
        due = [(item, ms) for when, item, ms in self.marks if when <= now]
        self.marks = [mark for mark in self.marks if mark[0] > now]
        return due


sends = st.lists(st.tuples(st.integers(0, 400), st.sampled_from("aab"), st.integers(1, 300)), min_size=1, max_size=12)


@given(sends, st.integers(0, 60), st.integers(0, 60))
@example([(0, "a", 200), (500, "a", 200), (0, "b", 100)], 0, 0)
def test_close_to_the_ear_never_beyond_sent_never_back(
    script: list[tuple[int, str, int]], there: int, back: int
) -> None:
    clock, ear = PlaybackClock(), Ear(there, back)
    sent: dict[str, int] = {}
    reported: dict[str, float] = {}
    due = [(sum(step[0] for step in script[: index + 1]), item, ms) for index, (_, item, ms) in enumerate(script)]
    for now in range(due[-1][0] + 4000):
        while due and due[0][0] == now:
            _, item, ms = due.pop(0)
            sent[item] = sent.get(item, 0) + ms
            ear.send(now, item, ms, sent[item])
            clock.sent(item, ms, now / 1000)
        for item, cumulative in ear.due_marks(now):
            clock.mark(item, cumulative, now / 1000)
            assert clock.position(item, now / 1000) >= cumulative - 1e-6
        if now % 7 == 0:
            for item, total in sent.items():
                position = clock.position(item, now / 1000)
                assert reported.get(item, 0) - 1e-6 <= position <= total + 1e-6
                assert abs(position - ear.heard.get(item, 0)) <= max(there, back) + 1
                reported[item] = position
        ear.tick(now)
    assert {item: clock.position(item, 1e6) for item in sent} == pytest.approx(sent)
    assert ear.heard == sent


def test_without_marks_an_instant_wire_is_exact() -> None:
    clock = PlaybackClock()
    clock.sent("a", 200, 10.0)
    clock.sent("a", 200, 10.05)
    clock.sent("b", 100, 10.06)
    assert [clock.position("a", now) for now in (10.0, 10.15, 10.4, 11)] == pytest.approx([0, 150, 400, 400])
    assert [clock.position("b", now) for now in (10.3, 10.45, 11)] == pytest.approx([0, 50, 100])
    assert clock.ends_at() == pytest.approx(10.5)


def test_after_an_underrun_sound_starts_when_it_is_sent() -> None:
    clock = PlaybackClock()
    clock.sent("a", 100, 1.0)
    clock.sent("a", 100, 2.0)
    assert clock.position("a", 1.9) == pytest.approx(100)
    assert clock.position("a", 2.03) == pytest.approx(130)


def test_a_far_end_that_started_late_is_found_out_by_its_mark() -> None:
    clock, ear = PlaybackClock(), Ear(0, 0, plays_from=500)
    for index in range(10):
        clock.sent("a", 200, index / 100)
        ear.send(index * 10, "a", 200, 200 * (index + 1))
    errors = []
    for now in range(2000):
        for item, cumulative in ear.due_marks(now):
            clock.mark(item, cumulative, now / 1000)
        # Until the mark the clock has reported more than was heard; it waits there until the ear has caught up.
        if now > 1100:
            errors.append(abs(clock.position("a", now / 1000) - ear.heard["a"]))
        ear.tick(now)
    assert max(errors) <= 21


def test_a_mark_is_a_lower_bound() -> None:
    clock = PlaybackClock()
    clock.sent("a", 1000, 1.0)
    clock.mark("a", 400, 1.2)
    assert clock.position("a", 1.2) == pytest.approx(400)
    assert clock.position("a", 1.3) == pytest.approx(500)


def test_one_stalled_mark_does_not_spoil_the_rest() -> None:
    clock = PlaybackClock()
    clock.sent("a", 2000, 0.0)
    clock.mark("a", 200, 0.5)
    clock.mark("a", 400, 0.5)
    clock.mark("a", 600, 0.6)
    assert clock.position("a", 0.8) == pytest.approx(800)


def test_a_mark_beyond_what_was_sent_or_of_an_unknown_item_is_harmless() -> None:
    clock = PlaybackClock()
    clock.sent("a", 100, 1.0)
    clock.mark("a", 5000, 1.05)
    clock.mark("stranger", 100, 1.05)
    assert clock.position("a", 1.06) == pytest.approx(100)
    assert clock.position("stranger", 1.06) == 0


def test_clear_tells_what_was_heard_and_empties() -> None:
    clock = PlaybackClock()
    clock.sent("a", 100, 1.0)
    clock.sent("b", 300, 1.0)
    clock.sent("c", 300, 1.0)
    assert clock.clear(1.25) == pytest.approx({"a": 100, "b": 150, "c": 0})
    assert clock.ends_at() is None
    assert clock.clear(1.3) == {}
    clock.mark("b", 300, 1.3)  # Twilio returns the marks of what was cleared
    clock.sent("d", 100, 1.3)
    assert clock.position("d", 1.35) == pytest.approx(50)


def test_memory_is_bounded_and_the_item_being_played_keeps_its_length() -> None:
    clock = PlaybackClock()
    for index in range(3 * MAX_RUNS):
        clock.sent("a", 10, float(index))
    assert clock.position("a", 1e6) == pytest.approx(30 * MAX_RUNS)
    for index in range(MAX_RUNS):
        clock.sent(f"item {index}", 10, 1e6 + index)
    assert clock.position("a", 2e6) == 0
    assert len(clock.clear(2e6)) == MAX_RUNS
