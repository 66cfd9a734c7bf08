"""The supervisor over every opening of the benchmark, as it was heard there (bench/answering/run.py --record)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCMU_8K
from biami_engine.interface import AnsweredBy
from biami_engine.speech import Voices
from biami_engine.speech.answer_ear import UNDERSTOOD

RECORD = Path(__file__).with_name("answering_set.jsonl")
BENCH = Path(__file__).parents[3] / "bench" / "answering"


@pytest.fixture(scope="module", autouse=True)
def bench() -> Iterator[None]:
    """Its modules can be imported."""
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))


@dataclass(frozen=True)
class Recorded:
    kind: AnsweredBy
    script: str
    part: str
    over_at: float
    verdicts: list[AnsweredBy]
    message_at: float | None


@pytest.fixture(scope="module")
def recorded(bench: None) -> list[Recorded]:
    from trial import Evidence, judge

    found = []
    for line in RECORD.read_text("utf-8").splitlines():
        item = json.loads(line)
        result = judge([Evidence(*values) for values in item["evidence"]], item["seconds"], UNDERSTOOD)
        verdicts = [identified.answered_by for identified in result.history]
        kind = AnsweredBy(item["kind"])
        found.append(Recorded(kind, item["script"], item["part"], item["over_at"], verdicts, result.message_at))
    return found


def test_the_set_is_large_and_half_of_it_was_held_out(recorded: list[Recorded]) -> None:
    kinds = Counter(item.kind for item in recorded)
    assert set(kinds) == set(AnsweredBy) - {AnsweredBy.UNKNOWN}
    assert len({item.script for item in recorded}) >= 60
    assert sum(item.part != "tuned" for item in recorded) >= len(recorded) / 2


def test_nobody_is_ever_taken_for_a_machine(recorded: list[Recorded]) -> None:
    """Not even for a moment."""
    people = [item for item in recorded if item.kind is AnsweredBy.HUMAN]
    assert len(people) > 100
    assert [item for item in people if set(item.verdicts) - {AnsweredBy.HUMAN, AnsweredBy.UNKNOWN}] == []


def test_no_message_starts_before_greeting_and_beep_are_over(recorded: list[Recorded]) -> None:
    assert [item for item in recorded if item.message_at is not None and item.message_at < item.over_at - 0.02] == []


def test_voicemails_are_recognised(recorded: list[Recorded]) -> None:
    voicemails = [item for item in recorded if item.kind is AnsweredBy.VOICEMAIL and item.part == "late"]
    right = [item for item in voicemails if item.verdicts[-1] is AnsweredBy.VOICEMAIL]
    assert len(right) >= 0.95 * len(voicemails)
    assert all(item.message_at is not None for item in right)


@pytest.mark.soak
def test_people_through_the_real_ear_are_people(bench: None, seed: int, soak_count: Callable[[int], int]) -> None:
    """Rendered, heard and read anew: all people of the set in `make soak`, a few of them in every run."""
    import random

    from openings import Studio, openings
    from trial import judge, listen

    people = [opening for opening in openings() if opening.kind is AnsweredBy.HUMAN]
    chosen = random.Random(seed).sample(people, min(len(people), soak_count(len(people))))
    voices, studio = Voices(), Studio()
    for opening in chosen:
        audio = studio.render(opening).audio
        evidence = listen(audio, voices.voice_activity(PCMU_8K), voices.speech_to_text())
        result = judge(evidence, audio.duration_ms / 1000, UNDERSTOOD)
        assert {found.answered_by for found in result.history} <= {AnsweredBy.HUMAN, AnsweredBy.UNKNOWN}, opening
