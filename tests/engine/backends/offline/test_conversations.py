"""Every shipped talk, spoken: the bench has more callers and noise, and the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, AudioFormat
from biami_engine.backends.sound import as_format
from biami_engine.calllog import Store
from biami_engine.config import BackendConfig, EngineConfig
from biami_engine.lab.talks import Talk, held_out, read_talks
from biami_engine.lab.talks.bare import bare_call
from biami_engine.lab.talks.judge import Verdict, verdict_of
from biami_engine.speech import Voices
from biami_engine.tools.ports import HostPorts
from biami_voice_daemon.cli.lab import talk_house

TALKS = Path(__file__).parents[4] / "config" / "lab" / "talks"
CALLERS = {"hibari on the telephone": ("hibari", PCMU_8K), "flite in a browser": ("flite", PCM16_24K)}


async def held(
    talk: Talk, voice: str, wire: AudioFormat, voices: Voices, house: tuple[EngineConfig, HostPorts], store: Store
) -> list[tuple[str, Verdict]]:
    """The verdict of each sentence; what was not understood is said once more, as people do."""
    config, ports = house
    verdicts: list[tuple[str, Verdict]] = []
    async with bare_call(config, BackendConfig("local", "offline"), talk, wire, voices, ports, store) as call:
        await call.greet("Hello.")
        for line in talk.lines:
            for attempt in range(2):
                if line.press:
                    reply = await call.press(line.press)
                else:
                    reply = await call.hear(as_format(await voices.speaker.render(line.say, voice), wire))
                verdict = verdict_of(line, reply)
                if attempt == 0:
                    verdicts.append((line.words, verdict))
                if verdict != "asks again":
                    break
            if verdict != "right":
                break
    return verdicts


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.timeout(400)
async def test_spoken_conversations(caller: str, voices: Voices, tmp_path: Path) -> None:
    """Of the sentences that nothing was tuned on; and not one wrong action anywhere."""
    voice, wire = CALLERS[caller]
    verdicts: list[tuple[str, Verdict]] = []
    for number, talk in enumerate(read_talks(TALKS)):
        folder = tmp_path / str(number)
        folder.mkdir()
        store = Store(f"sqlite:///{folder}/log.db")
        await store.start()
        verdicts += await held(talk, voice, wire, voices, talk_house(folder), store)
        await store.close()
    counts = shares([verdict for words, verdict in verdicts if held_out(words)])
    print(caller, len(verdicts), counts)
    assert [words for words, verdict in verdicts if verdict == "wrong action"] == []
    assert len(verdicts) >= 50
    assert counts["right"] >= (0.92 if voice == "hibari" else 0.80)


def shares(verdicts: Sequence[Verdict]) -> Mapping[Verdict, float]:
    counted = Counter(verdicts)
    names: tuple[Verdict, ...] = ("right", "asks again", "other", "wrong action")
    return {name: counted[name] / max(1, len(verdicts)) for name in names}


def test_about_half_of_the_sentences_are_held_out() -> None:
    words = [line.words for talk in read_talks(TALKS) for line in talk.lines]
    assert 0.4 < sum(map(held_out, words)) / len(words) < 0.6
