"""`biami-voice lab talk`: let a caller and the agent talk, and print the conversation with its timings."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from ...config import EngineConfig
from ...errors import NotFound
from ...speech import Voices
from ...speech.port import Speaker
from ...tools.ports import HostPorts
from .live import Exchange, LiveTalk, live_talk, percentiles
from .script import Talk, read_talks

DEFAULT = "demo/appointment"

House = Callable[[Path], tuple[EngineConfig, HostPorts]]


async def run_talks(
    names: Sequence[str], *, folder: Path, house: House, list_only: bool = False, out: TextIO | None = None
) -> int:
    """`house` makes the configuration and what it lends, in a folder of its own. 0 where every answer was right."""
    out = out or sys.stdout
    talks = {talk.name: talk for talk in read_talks(folder)}
    if list_only:
        for talk in talks.values():
            print(f"{talk.name:<28} {len(talk.lines):2} turns, context {talk.context}", file=out)
        return 0
    chosen = [_named(name, talks) for name in names or [DEFAULT]]
    voices, exchanges = Voices(), []
    try:
        for talk in chosen:
            print(f"{talk.name} (context {talk.context})", file=out, flush=True)
            exchanges += await _one(talk, house, voices.speaker, out)
    finally:
        await voices.close()
    return _summary(exchanges, out)


def _named(name: str, talks: dict[str, Talk]) -> Talk:
    if name not in talks:
        raise NotFound(f"there is no talk {name!r}; there are {', '.join(talks)}")
    return talks[name]


async def _one(talk: Talk, house: House, speaker: Speaker, out: TextIO) -> list[Exchange]:
    exchanges: list[Exchange] = []
    for line in talk.lines:
        if line.say:
            await speaker.render(line.say)  # a caller does not think about how to say it
    with tempfile.TemporaryDirectory(prefix="biami-talk-") as place:
        config, ports = house(Path(place))
        async with live_talk(config, ports, talk, Path(place), speaker) as live:
            await _greeted(live, out)
            for line in talk.lines:
                exchange = await live.exchange(line)
                exchanges.append(exchange)
                _print(exchange, out)
                if exchange.verdict != "right" or live.person.phone.over:
                    break
    return exchanges


async def _greeted(live: LiveTalk, out: TextIO) -> None:
    reply = await live.listen()
    print(f"  agent   {reply.words}", file=out, flush=True)


def _print(exchange: Exchange, out: TextIO) -> None:
    print(f"  caller  {exchange.line.words}", file=out)
    if exchange.reply.heard:
        print(f"          heard as: {exchange.reply.heard}", file=out)
    timings = [("words", exchange.words_after), ("sound", exchange.sound_after)]
    known = ", ".join(f"{name} after {seconds * 1000:.0f} ms" for name, seconds in timings if seconds is not None)
    tools = "".join(f" [{name}]" for name, _ in exchange.reply.tools)
    print(f"  agent   {exchange.reply.words}{tools}", file=out)
    print(f"          {exchange.verdict}; {known}", file=out, flush=True)


def _summary(exchanges: Sequence[Exchange], out: TextIO) -> int:
    right = sum(exchange.verdict == "right" for exchange in exchanges)
    for name in ("words_after", "sound_after"):
        values = [
            value for exchange in exchanges if (value := getattr(exchange, name)) is not None and exchange.line.say
        ]
        if values:
            p50, p95 = percentiles(values)
            what = "turn over, words known" if name == "words_after" else "first sound of the answer"
            print(f"{what}: p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms after the caller's last sound", file=out)
    print(f"{right} of {len(exchanges)} turns right", file=out, flush=True)
    return 0 if right == len(exchanges) else 1
