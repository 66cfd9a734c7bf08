"""How well the offline backend understands: every shipped talk by several callers, noise, and people who ask nothing.

python bench/offline/run.py [--mistakes] [--tuned] [--only TALK] [--callers N] [--no-prompts]

Half of the sentences, by their hash, are held out: nothing was tuned on them. The figures are theirs unless it is said
otherwise. More voices and the human prompts need Debian's flite, ffmpeg, asterisk-core-sounds-en and -en-g722.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from callers import Caller, prompts, spoken

from biami_engine.audio.frame import PCM16_24K, PCMU_8K
from biami_engine.calllog import Store
from biami_engine.config import BackendConfig
from biami_engine.lab.talks import Line, Talk, held_out, read_talks
from biami_engine.lab.talks.bare import bare_call
from biami_engine.lab.talks.judge import Reply, Verdict, verdict_of
from biami_engine.speech import Voices
from biami_voice_daemon.cli.lab import talk_house
from biami_voice_daemon.settings import shipped_config_dir

LOCAL = BackendConfig("local", "offline")
SMALL_TALK = ("thank you", "one moment, please")
"""Prompts that mean what they say to anybody: an answer to them is right."""
REPEATS = 1
"""How often a caller says again what was not understood."""


@dataclass(frozen=True, slots=True)
class Turn:
    caller: Caller
    talk: str
    line: Line
    reply: Reply
    verdict: Verdict


async def hold(talk: Talk, caller: Caller, voices: Voices) -> list[Turn]:
    """One conversation; after a turn that went wrong there is nothing more to judge."""
    turns: list[Turn] = []
    with tempfile.TemporaryDirectory() as folder:
        config, ports = talk_house(Path(folder))
        store = Store(f"sqlite:///{folder}/log.db")
        await store.start()
        try:
            async with bare_call(config, LOCAL, talk, caller.format, voices, ports, store) as call:
                await call.greet("Hello, how can I help you?")
                for line in talk.lines:
                    for _ in range(REPEATS + 1):
                        if line.press:
                            reply = await call.press(line.press)
                        else:
                            reply = await call.hear(await spoken(caller, line.say, voices))
                        turns.append(Turn(caller, talk.name, line, reply, verdict_of(line, reply)))
                        if turns[-1].verdict != "asks again":
                            break
                    if turns[-1].verdict != "right":
                        break
        finally:
            await store.close()
    return turns


def first_tries(turns: Iterable[Turn]) -> list[Turn]:
    """A sentence said again is not another sentence."""
    kept: list[Turn] = []
    before: Turn | None = None
    for turn in turns:
        again = before is not None and before.line is turn.line and before.verdict == "asks again"
        if not again:
            kept.append(turn)
        before = turn
    return kept


def report(title: str, turns: list[Turn]) -> None:
    counts = Counter(turn.verdict for turn in turns)
    total = len(turns) or 1
    shares = ", ".join(f"{name} {counts[name]} ({100 * counts[name] / total:.1f} %)" for name in
                       ("right", "asks again", "other", "wrong action"))  # fmt: skip
    print(f"{title:<44} {len(turns):4} turns: {shares}", flush=True)


def print_mistakes(turns: Iterable[Turn]) -> None:
    for turn in turns:
        if turn.verdict != "right":
            print(f"  {turn.verdict.upper()} {turn.talk}: {turn.line.words!r} heard {turn.reply.heard!r}")
            print(f"      said {turn.reply.words!r} did {turn.reply.tools}")


async def unrelated(voices: Voices, mistakes: bool) -> None:
    """Announcements read by a person, in the middle of nothing: what is taken for a request?"""
    talk = Talk("prompts", "general", ())
    total, accepted, told = 0, [], 0
    with tempfile.TemporaryDirectory() as folder:
        config, ports = talk_house(Path(folder))
        store = Store(f"sqlite:///{folder}/log.db")
        await store.start()
        for text, audio in prompts():
            async with bare_call(config, LOCAL, talk, PCMU_8K, voices, ports, store) as call:
                reply = await call.hear(audio)
            total += 1
            said_no = "do not know" in reply.words
            told += said_no
            small_talk = text.strip(".").lower() in SMALL_TALK
            again = verdict_of(Line(say=text, agent="^nothing is right$"), reply) == "asks again"
            if reply.said and not again and not said_no and not small_talk:
                accepted.append((text, reply))
        await store.close()
    print(f"{'people who ask for nothing':<44} {total:4} prompts: {len(accepted)} taken for a request, "
          f"{told} answered with not knowing it")  # fmt: skip
    for text, reply in accepted if mistakes else ():
        print(f"  {text!r} heard {reply.heard!r}\n      said {reply.words!r} did {reply.tools}")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mistakes", action="store_true")
    parser.add_argument("--tuned", action="store_true", help="show only mistakes in the half that may be tuned on")
    parser.add_argument("--only", default="")
    parser.add_argument("--callers", type=int, default=99)
    parser.add_argument("--no-prompts", action="store_true")
    parser.add_argument("--late", action="store_true", help="only talks that were written after the last change")
    chosen = parser.parse_args()
    voices = Voices()
    folder = Path(__file__).with_name("late") if chosen.late else shipped_config_dir() / "lab" / "talks"
    talks = [talk for talk in read_talks(folder) if chosen.only in talk.name]
    flite = ["slt", "rms"] if shutil.which("flite") else []
    clean = [Caller(voice, wire) for voice in ("hibari", *flite) for wire in (PCMU_8K, PCM16_24K)]
    noisy = [Caller(voice, PCMU_8K, 12.0) for voice in ("hibari", *flite)]
    began = time.monotonic()
    everything: dict[bool, list[Turn]] = {False: [], True: []}
    for caller in [*clean, *noisy][: chosen.callers]:
        turns = first_tries([turn for talk in talks for turn in await hold(talk, caller, voices)])
        report(caller.name, turns)
        everything[caller.noise_db is not None] += turns
        if chosen.mistakes:
            print_mistakes(
                turn
                for turn in turns
                if not (chosen.tuned and held_out(turn.line.words)) or turn.verdict == "wrong action"
            )
        print_mistakes(turn for turn in turns if turn.verdict == "wrong action" and not chosen.mistakes)
    for is_noisy, what in ((False, "clean"), (True, "with noise")):
        for held in (False, True):
            part = [turn for turn in everything[is_noisy] if held_out(turn.line.words) is held]
            report(f"{what}, {'HELD OUT' if held else 'tuned on'}", part)
    if not chosen.no_prompts:
        await unrelated(voices, chosen.mistakes)
    print(f"in {time.monotonic() - began:.0f} s")
    await voices.close()


if __name__ == "__main__":
    asyncio.run(main())
