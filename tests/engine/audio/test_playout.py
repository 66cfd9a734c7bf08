import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio
from biami_engine.audio.playout import MAX_ITEMS, Pacer, PlayoutBuffer

FORMAT = PCM16_24K


def numbered(start: int, samples: int) -> Audio:
    """Samples that count on, so that a lost or doubled one is seen."""
    return Audio(FORMAT, b"".join((index % 65536).to_bytes(2, "little") for index in range(start, start + samples)))


class BufferAgainstAList(RuleBasedStateMachine):
    """The buffer and a plain list of (item, sample) must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = PlayoutBuffer(FORMAT, max_ms=100)
        self.model: list[tuple[str, bytes]] = []
        self.pulled: dict[str, int] = {}
        self.counter = 0

    @rule(item=st.sampled_from("abc"), samples=st.integers(0, 1500))
    def write(self, item: str, samples: int) -> None:
        audio = numbered(self.counter, samples)
        taken = self.buffer.write(item, audio)
        assert taken == (len(self.model) + samples <= 2400)
        if taken:
            payload = audio.payload
            self.model += [(item, payload[index : index + 2]) for index in range(0, len(payload), 2)]
            self.counter += samples

    @rule(ms=st.floats(0, 80))
    def pull(self, ms: float) -> None:
        count = round(ms * 24)
        expected, self.model = self.model[:count], self.model[count:]
        got = [
            (piece.item_id, piece.audio.payload[index : index + 2])
            for piece in self.buffer.pull(ms)
            for index in range(0, len(piece.audio.payload), 2)
        ]
        assert got == expected
        self._count(expected)

    @rule(ms=st.sampled_from([10, 20]))
    def pull_frame(self, ms: int) -> None:
        expected, self.model = self.model[: ms * 24], self.model[ms * 24 :]
        frame, pieces = self.buffer.pull_frame(ms)
        sound = b"".join(sample for _, sample in expected)
        assert frame.payload == sound.ljust(ms * 48, b"\0")
        assert sum(len(piece.audio.payload) for piece in pieces) == len(sound)
        self._count(expected)
        for piece in pieces[-1:]:
            assert piece.heard_ms == self.pulled[piece.item_id] / 24

    @rule()
    def clear(self) -> None:
        waiting = {item for item, _ in self.model}
        expected = {item: self.pulled.get(item, 0) / 24 for item in waiting | set(self.pulled)}
        assert self.buffer.clear() == expected
        self.model.clear()
        self.pulled.clear()

    @invariant()
    def positions_agree(self) -> None:
        assert self.buffer.waiting_ms == len(self.model) / 24
        for item in "abc":
            assert self.buffer.position(item) == self.pulled.get(item, 0) / 24

    def _count(self, samples: list[tuple[str, bytes]]) -> None:
        for item, _ in samples:
            self.pulled[item] = self.pulled.get(item, 0) + 1


TestBufferAgainstAList = BufferAgainstAList.TestCase


def test_a_chunk_pulled_whole_stays_the_same_object() -> None:
    buffer = PlayoutBuffer(PCMU_8K)
    audio = Audio.silence(PCMU_8K, 20)
    buffer.write("a", audio)
    assert buffer.pull_frame(20)[0] is audio


def test_ten_minutes_fit_and_no_more() -> None:
    buffer = PlayoutBuffer(PCMU_8K)
    minute = Audio.silence(PCMU_8K, 60_000)
    assert [buffer.write("a", minute) for _ in range(11)] == [True] * 10 + [False]
    assert buffer.waiting_ms == 600_000


def test_old_items_are_forgotten_but_never_one_that_still_plays() -> None:
    buffer = PlayoutBuffer(PCMU_8K)
    buffer.write("first", Audio.silence(PCMU_8K, 20))
    buffer.pull(10)
    for index in range(MAX_ITEMS + 5):
        buffer.write(f"item {index}", Audio.silence(PCMU_8K, 20))
    buffer.write("first", Audio.silence(PCMU_8K, 20))
    buffer.pull(10 + 20 * (MAX_ITEMS + 5))
    assert buffer.position("first") == 20
    assert buffer.position("item 0") == 0
    assert len(buffer.clear()) == MAX_ITEMS


def test_another_format_is_our_fault() -> None:
    with pytest.raises(ValueError, match="This buffer takes"):
        PlayoutBuffer(PCMU_8K).write("a", Audio.silence(PCM16_24K, 20))


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=50))
def test_a_pacer_is_never_more_than_200_ms_ahead_and_never_starves_a_steady_reader(steps: list[float]) -> None:
    pacer, now, unplayed = Pacer(200), 100.0, 0.0
    for step in steps:
        now += step
        unplayed = max(0.0, unplayed - step * 1000)
        due = pacer.due_ms(now)
        assert due == pytest.approx(200 - unplayed, abs=1e-6)
        pacer.sent(due, now)
        unplayed += due
    pacer.reset()
    assert pacer.due_ms(now) == 200
