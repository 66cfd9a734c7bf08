import hypothesis.strategies as st
from hypothesis import given

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.core.playback import MAX_UNHEARD_MS, Playback


def sound(ms: float, byte: int = 1) -> Audio:
    return Audio(PCMU_8K, bytes([byte]) * round(ms * 8))


def test_positions_never_go_back_and_never_beyond_what_was_sent() -> None:
    playback = Playback()
    assert playback.append("a", sound(100)) != []
    assert playback.played("a", 60) == "a"
    playback.played("a", 40)
    assert playback.heard_ms("a") == 60
    playback.played("a", 500)
    assert playback.heard_ms("a") == 100
    assert playback.heard_out


def test_paused_it_takes_audio_and_sends_none_until_released() -> None:
    playback = Playback(paused=True)
    assert playback.append("a", sound(100)) == []
    playback.played("a", 50)
    assert playback.heard_ms("a") == 0
    assert [(wire, audio.duration_ms) for wire, audio in playback.release()] == [("a", 100)]


@given(st.floats(0, 200))
def test_wherever_it_paused_the_rest_is_heard_to_the_very_end(paused_at_ms: float) -> None:
    playback = Playback()
    playback.append("a", sound(200))
    playback.finish("a")
    playback.played("a", paused_at_ms)
    playback.paused = True
    playback.rewind()
    for wire_id, audio in playback.release():
        playback.played(wire_id, audio.duration_ms)
    assert playback.heard_out
    assert playback.is_finished("a")


def test_after_a_clear_the_rest_goes_on_under_a_new_wire_id() -> None:
    playback = Playback()
    playback.append("a", sound(100, 1))
    playback.append("a", sound(100, 2))
    playback.played("a", 150)
    playback.paused = True
    playback.rewind()
    playback.append("a", sound(50, 3))
    due = playback.release()
    assert [wire for wire, _ in due] == ["a~1", "a~1"]
    assert b"".join(audio.payload for _, audio in due) == b"\2" * 400 + b"\3" * 400
    playback.played("a~1", 100)
    assert playback.heard_ms("a") == 250
    assert playback.unheard_ms == 0
    playback.played("a", 9000)
    assert playback.heard_ms("a") == 250


def test_a_cut_item_takes_no_more_audio() -> None:
    playback = Playback()
    playback.append("a", sound(100))
    playback.append("b", sound(100))
    assert playback.cut() == ["a", "b"]
    assert playback.append("a", sound(100)) == []
    assert playback.append("c", sound(20)) != []
    assert playback.unheard_ms == 20


def test_a_forbidden_item_is_never_heard() -> None:
    playback = Playback()
    playback.forbid("late")
    assert playback.append("late", sound(20)) == []
    assert playback.heard_out


def test_more_than_ten_minutes_are_not_kept() -> None:
    playback = Playback(paused=True)
    minute = sound(60_000)
    for _ in range(int(MAX_UNHEARD_MS / 60_000)):
        playback.append("a", minute)
    playback.append("a", minute)
    assert playback.unheard_ms == MAX_UNHEARD_MS


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from("ab"), st.integers(1, 60)),
        st.tuples(st.just("hear"), st.integers(0, 200), st.just(0)),
        st.tuples(st.just("pause"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(steps)
def test_every_byte_is_heard_once_and_in_order_whatever_the_pauses(plan: list[tuple[str, object, int]]) -> None:
    """A simulated ear that plays what is sent; at each pause it drops the rest and says how far it came."""
    playback = Playback()
    queue: list[list[object]] = []  # [wire id, payload left, heard of this wire id in bytes]
    said: dict[str, bytes] = {"a": b"", "b": b""}
    heard: dict[str, bytes] = {"a": b"", "b": b""}
    counters: dict[str, int] = {}

    def send(due: list[tuple[str, Audio]]) -> None:
        queue.extend([wire, audio.payload] for wire, audio in due)

    def hear(size: int) -> None:
        while size > 0 and queue:
            wire, payload = str(queue[0][0]), bytes(queue[0][1])  # type: ignore[arg-type]
            part, rest = payload[:size], payload[size:]
            heard[wire.split("~")[0]] += part
            counters[wire] = counters.get(wire, 0) + len(part)
            playback.played(wire, counters[wire] / 8)
            size -= len(part)
            queue[0][1] = rest
            if not rest:
                queue.pop(0)

    for number, (step, first, second) in enumerate(plan):
        if step == "append":
            audio = Audio(PCMU_8K, bytes([number % 256]) * second * 8)
            said[str(first)] += audio.payload
            send(playback.append(str(first), audio))
        elif step == "hear":
            hear(int(str(first)) * 8)
        else:
            playback.paused = True
            queue.clear()
            playback.rewind()
            send(playback.release())
    hear(10**9)
    assert heard == said
    assert playback.heard_out
