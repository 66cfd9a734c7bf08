"""The play-out clock on its own: what was heard of which message, to the byte."""

from __future__ import annotations

import random

from biami_engine.lab.carrier.playout import FRAME_BYTES, FRAME_SECONDS, MAX_BUFFERED_BYTES, SILENCE, Playout


def play(playout: Playout, frames: int, start: float = 0.0) -> list[tuple[list[str], bytes]]:
    return [playout.next_frame(start + index * FRAME_SECONDS) for index in range(frames)]


def test_messages_of_any_length_are_played_without_gaps() -> None:
    playout = Playout()
    sound = bytes(range(1, 255)) * 3
    for cut in (sound[:7], sound[7:300], sound[300:]):
        playout.receive(cut, at=0.0)
    heard = b"".join(frame for _, frame in play(playout, 6))
    assert heard == sound + b"\xff" * (6 * FRAME_BYTES - len(sound))
    assert [(message.start, message.size) for message in playout.messages] == [(0, 7), (7, 293), (300, 462)]
    assert len(playout.runs) == 1


def test_a_mark_waits_until_its_last_frame_has_finished() -> None:
    playout = Playout()
    playout.receive(b"\x01" * (FRAME_BYTES + 1), at=0.0)
    assert playout.mark("end", at=0.0) == []
    assert [names for names, _ in play(playout, 4)] == [[], [], ["end"], []]
    assert playout.marks[0].returned_at == 2 * FRAME_SECONDS


def test_a_mark_on_an_empty_buffer_comes_back_at_once() -> None:
    assert Playout().mark("now", at=1.0) == ["now"]


def test_clear_forgets_sound_and_returns_marks_in_order() -> None:
    playout = Playout()
    for name in ("a", "b"):
        playout.receive(b"\x01" * 4 * FRAME_BYTES, at=0.0)
        playout.mark(name, at=0.0)
    play(playout, 6)
    assert playout.clear(at=0.12) == ["b"]
    assert playout.next_frame(0.12) == ([], SILENCE)
    playout.receive(b"\x02" * FRAME_BYTES, at=0.2)
    playout.mark("c", at=0.2)
    play(playout, 2, start=0.2)
    assert playout.played_by(lambda name: name) == {"a": 80.0, "b": 40.0, "c": 20.0}
    assert playout.played_by(lambda name: name, until=0.09) == {"a": 80.0, "b": 10.0, "c": 0.0}
    assert [mark.cleared for mark in playout.marks] == [False, True, False]


def test_ten_minutes_are_the_most() -> None:
    playout = Playout()
    assert playout.receive(b"\x01" * MAX_BUFFERED_BYTES, at=0.0)
    assert not playout.receive(b"\x01", at=0.0)
    assert playout.buffered_bytes == MAX_BUFFERED_BYTES


def test_nothing_is_heard_twice_or_lost_whatever_the_order(seed: int) -> None:
    chance = random.Random(seed)
    playout, heard, at = Playout(), 0, 0.0
    for _ in range(2000):
        choice = chance.random()
        if choice < 0.3:
            playout.receive(b"\x01" * chance.randrange(1, 900), at)
            playout.mark("m", at)
        elif choice < 0.33:
            playout.clear(at)
        else:
            heard += playout.next_frame(at)[1].count(b"\x01")
            at += FRAME_SECONDS
    received = sum(message.size for message in playout.messages)
    assert playout.played_ms(0, received) * 8 == heard
    assert sum(playout.played_by(lambda name: name).values()) * 8 == heard
