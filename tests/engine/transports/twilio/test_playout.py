from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.transports.twilio.media import MarkName
from biami_engine.transports.twilio.playout import MAX_UNHEARD_MS, StreamPlayout

SID = "MZ" + "2" * 32


def sound(ms: float) -> Audio:
    return Audio(PCMU_8K, b"\x55" * round(ms * 8))


def attached() -> StreamPlayout:
    playout = StreamPlayout()
    assert playout.attach(SID, 0.0) == []
    return playout


def sent_ms(texts: list[str]) -> float:
    frames = [json.loads(text) for text in texts]
    return sum(
        Audio.from_base64(PCMU_8K, frame["media"]["payload"]).duration_ms for frame in frames if "media" in frame
    )


def test_each_piece_goes_out_at_once_with_a_mark_behind_it():
    playout = attached()
    texts = playout.play("a", sound(200), 1.0) + playout.play("a", sound(100), 1.0)
    assert [json.loads(text)["event"] for text in texts] == ["media", "mark", "media", "mark"]
    assert [json.loads(text)["mark"]["name"] for text in texts[1::2]] == ["0:a:200", "0:a:300"]


def test_positions_grow_with_time_and_never_beyond_what_was_sent():
    playout = attached()
    playout.play("a", sound(200), 1.0)
    playout.play("b", sound(200), 1.0)
    assert playout.heard(1.1) == [("a", 100.00000000000009)]
    assert [(item, round(ms)) for item, ms in playout.heard(1.3)] == [("a", 200), ("b", 100)]
    assert playout.heard(9.0) == [("b", 200.0)]
    assert playout.heard(10.0) == []
    assert not playout.playing


def test_a_mark_proves_what_the_clock_did_not_know():
    playout = attached()
    playout.play("a", sound(1000), 1.0)
    assert playout.mark_echoed("0:a:1000", 1.2) == [("a", 1000.0)]


def test_marks_that_a_clear_sent_back_prove_nothing():
    playout = attached()
    playout.play("a", sound(1000), 1.0)
    assert [(item, round(ms)) for item, ms in playout.clear(1.25)] == [("a", 250)]
    assert playout.mark_echoed("0:a:1000", 1.3) == []
    playout.play("b", sound(100), 1.4)
    assert playout.epoch == 1
    assert playout.mark_echoed("0:b:100", 1.41) == []
    assert playout.mark_echoed("1:b:100", 1.41) == [("b", 100.0)]


def test_a_clear_tells_the_end_of_every_unfinished_item():
    playout = attached()
    playout.play("done", sound(100), 1.0)
    playout.play("half", sound(100), 1.0)
    playout.play("none", sound(100), 1.0)
    assert [(item, round(ms)) for item, ms in playout.clear(1.15)] == [("done", 100), ("half", 50), ("none", 0)]
    assert playout.clear(2.0) == []


def test_the_next_stream_goes_on_where_the_last_one_stopped():
    playout = attached()
    playout.play("a", sound(400), 1.0)
    playout.play("b", sound(400), 1.0)
    playout.detach(1.1)
    playout.play("b", sound(100), 1.2)
    assert playout.heard(5.0) == []
    texts = playout.attach("MZ" + "3" * 32, 6.0)
    assert round(sent_ms(texts)) == 800
    assert all("MZ333" in text for text in texts)
    assert [(item, round(ms)) for item, ms in playout.heard(6.31)] == [("a", 400), ("b", 10)]
    assert playout.mark_echoed("1:b:500", 6.7) == [("b", 500.0)]


def test_ten_minutes_are_the_bound():
    playout = attached()
    assert playout.play("a", sound(MAX_UNHEARD_MS - 20), 0.0)
    assert playout.play("a", sound(40), 0.0) == []
    assert playout.dropped_ms == 40
    assert playout.play("a", sound(20), 0.0)


def test_many_items_leave_no_memory():
    playout = attached()
    for number in range(2000):
        playout.play(f"item{number}", sound(20), float(number))
        playout.heard(number + 0.5)
    assert len(playout._items) <= 256
    assert not playout._unheard


def test_sound_of_another_leg_is_followed_for_hours():
    playout = attached()
    now = 0.0
    for _ in range(2000):
        playout.play("leg:x", sound(20), now)
        now += 0.021
        playout.heard(now)
    assert playout._items["leg:x"].heard_ms == 40_000


steps = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.sampled_from("abc"), st.integers(1, 4000)),
        st.tuples(st.just("mark"), st.integers(0, 30)),
        st.tuples(st.just("clear")),
        st.tuples(st.just("detach")),
        st.tuples(st.just("attach")),
    ),
    max_size=40,
)


@given(steps, st.lists(st.floats(0, 1.5), min_size=40, max_size=40))
def test_whatever_happens_positions_only_grow_up_to_what_was_given(steps, pauses):
    playout, now = attached(), 0.0
    given_ms: dict[str, float] = {}
    told: dict[str, float] = {}
    marks: list[str] = []
    for step, pause in zip(steps, pauses, strict=False):
        now += pause
        heard: list[tuple[str, float]] = []
        match step:
            case ("play", item, samples):
                given_ms[item] = given_ms.get(item, 0.0) + samples / 8
                texts = playout.play(item, sound(samples / 8), now)
                marks += [json.loads(text)["mark"]["name"] for text in texts if '"mark"' in text]
            case ("mark", index) if marks:
                heard = playout.mark_echoed(marks[index % len(marks)], now)
            case ("clear",):
                heard = playout.clear(now)
            case ("detach",):
                heard = playout.detach(now)
            case ("attach",):
                heard = playout.detach(now)
                playout.attach(SID, now)
        heard += playout.heard(now)
        for item, position in heard:
            assert told.get(item, 0.0) <= position <= given_ms[item] + 1e-6
            told[item] = position
        if step == ("clear",):
            given_ms.clear()
            told.clear()
            assert MarkName.parse(f"{playout.epoch}:x:0") is not None
