"""Who answered? Every opening through a telephone's sound, the real detectors, recogniser and supervisor.

python bench/answering/run.py [--mistakes] [--record FILE]

`--record` keeps what was heard of each opening, so that the rules can be tried without listening again (the tests do).

More voices are heard where Debian's flite, asterisk-core-sounds-en-wav and pocketsphinx-testdata are installed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from openings import Opening, Part, Rendered, Studio, openings
from trial import Evidence, Result, judge, listen, too_early

from biami_engine.audio.frame import PCMU_8K
from biami_engine.interface import AnsweredBy
from biami_engine.speech import Voices
from biami_engine.speech.answer_ear import UNDERSTOOD

PARTS: dict[Part, str] = {
    "late": "held out: texts and voices that came after the last change of the rules",
    "second": "held out until the rules were frozen, heard once before their last change",
    "tuned": "tuned on",
}


@dataclass(frozen=True, slots=True)
class Heard:
    opening: Opening
    rendered: Rendered
    evidence: list[Evidence]
    result: Result


def hear_all() -> tuple[list[Heard], float]:
    """And the processor time it took, as a share of the time heard."""
    voices, studio, heard = Voices(), Studio(), []
    recogniser = voices.speech_to_text()
    busy = total = 0.0
    for opening in openings():
        rendered = studio.render(opening)
        before = time.process_time()
        evidence = listen(rendered.audio, voices.voice_activity(PCMU_8K), recogniser)
        busy += time.process_time() - before
        total += rendered.audio.duration_ms / 1000
        result = judge(evidence, rendered.audio.duration_ms / 1000, UNDERSTOOD)
        heard.append(Heard(opening, rendered, evidence, result))
    return heard, busy / total


def matrix(heard: Sequence[Heard]) -> list[str]:
    """As a table in Markdown: who it was, and for whom it was taken in the end."""
    counts = Counter((item.opening.kind, item.result.verdict) for item in heard)
    lines = ["| who it was | " + " | ".join(AnsweredBy) + " |", "|---|" + "---|" * len(AnsweredBy)]
    for kind in AnsweredBy:
        row = [counts[kind, verdict] for verdict in AnsweredBy]
        if any(row):
            lines.append(f"| {kind} | " + " | ".join(map(str, row)) + " |")
    return lines


def timings(heard: Sequence[Heard]) -> list[str]:
    verdicts = [
        item.result.decided_at - item.rendered.speech_ends_ms / 1000
        for item in heard
        if item.opening.kind is item.result.verdict is AnsweredBy.HUMAN and item.result.decided_at
    ]
    waits = {True: [], False: []}  # type: dict[bool, list[float]]
    for item in heard:
        if item.opening.kind is AnsweredBy.VOICEMAIL and item.result.message_at is not None:
            over = max(item.rendered.speech_ends_ms, item.rendered.beep_ends_ms or 0.0) / 1000
            waits[item.result.after_beep].append(item.result.message_at - over)
    early = sum(too_early(item.rendered, item.result) for item in heard)
    corrected = sum(len(item.result.history) > 1 for item in heard)
    return [
        f"a person is known {spread(verdicts)} after the last word",
        f"a message may start {spread(waits[True])} after the beep, {spread(waits[False])} after a greeting without",
        f"messages that would begin before greeting and beep are over: {early}; verdicts corrected: {corrected}",
    ]


def spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return f"{seconds[0]:.2f} s" if seconds else "never"
    return f"{median(seconds):.2f} s (p95 {quantiles(seconds, n=20, method='inclusive')[-1]:.2f} s)"


def record(heard: Sequence[Heard], file: Path) -> None:
    """One opening a line."""
    lines = [
        {
            "kind": item.opening.kind,
            "script": item.opening.script,
            "voice": item.opening.voice,
            "part": item.opening.part,
            "seconds": item.rendered.audio.duration_ms / 1000,
            "over_at": max(item.rendered.speech_ends_ms, item.rendered.beep_ends_ms or 0.0) / 1000,
            "evidence": [evidence.as_list() for evidence in item.evidence],
        }
        for item in heard
    ]
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), "utf-8")


def main(arguments: Sequence[str]) -> int:
    heard, load = hear_all()
    if "--record" in arguments:
        record(heard, Path(arguments[arguments.index("--record") + 1]))
    for part, what in PARTS.items():
        these = [item for item in heard if item.opening.part == part]
        right = sum(item.opening.kind is item.result.verdict for item in these)
        print(f"\n{part} ({what}): {right} of {len(these)} right, {right / len(these):.0%}\n")
        print("\n".join([*matrix(these), "", *timings(these)]))
        for item in these if "--mistakes" in arguments else ():
            if item.opening.kind is not item.result.verdict:
                print(f"{item.opening.kind} as {item.result.verdict}, {item.opening.voice}: {item.opening.script}")
    lost = sum(item.opening.kind is AnsweredBy.HUMAN is not item.result.verdict for item in heard)
    taken = [
        item
        for item in heard
        if item.opening.kind is AnsweredBy.HUMAN and item.result.verdict not in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN)
    ]
    print(f"\npeople not recognised: {lost}; taken for a machine: {len(taken)}")
    print(f"processor: {load:.1%} of one core while listening, recognition included")
    return 1 if taken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
