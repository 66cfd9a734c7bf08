from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from biami_engine.audio.frame import PCM16_24K, PCMU_8K, Audio, AudioFormat
from biami_engine.audio.samples import to_samples
from biami_engine.audio.tones import beep
from biami_engine.backends.echo import EchoBackend
from biami_engine.backends.echo.session import MAX_ECHO_MS
from biami_engine.backends.port import BackendServices, SessionSetup
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core.events import (
    AgentAudio,
    AgentAudioDone,
    BackendOpened,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from biami_engine.interface import Role
from biami_engine.speech import Voices

from .conversation import Conversation, setup, spoken_ms, words


async def converse(voices: Voices, tmp_path: Path, wire: AudioFormat, delay_ms: int = 0) -> Conversation:
    config = BackendConfig("parrot", "echo", {"delay_ms": delay_ms})
    backend = EchoBackend(config, BackendServices(SystemClock(), voices, str(tmp_path)))
    talk = Conversation(await backend.open(setup(wire)), wire, voices)
    await talk.until(BackendOpened)
    return talk


async def test_it_says_back_what_it_heard(voices: Voices, tmp_path: Path, wire: AudioFormat) -> None:
    talk = await converse(voices, tmp_path, wire)
    spoken = await talk.say("Is there anybody out there?")
    events = await talk.response()
    kinds = [type(event) for event in events if not isinstance(event, AgentAudio)]
    assert kinds == [
        SpeechStarted,
        SpeechStopped,
        Transcript,
        ResponseStarted,
        Transcript,
        AgentAudioDone,
        ResponseDone,
    ]
    assert 0.7 * spoken.duration_ms < spoken_ms(events) < spoken.duration_ms + 500
    (heard,) = words(events, Role.CALLER)
    assert heard.startswith("(speech, ")
    assert words(events) == [heard.replace("speech,", "echo of")]
    await talk.session.close()


async def test_the_echo_is_the_very_sound(voices: Voices, tmp_path: Path, wire: AudioFormat) -> None:
    talk = await converse(voices, tmp_path, wire)
    spoken = await talk.say("Hello there.")
    back = b"".join(event.audio.payload for event in await talk.response() if isinstance(event, AgentAudio))
    middle = spoken.slice(spoken.duration_ms / 2, spoken.duration_ms / 2 + 100)
    assert np.abs(to_samples(middle).astype(int)).max() > 500
    assert middle.payload in back
    await talk.session.close()


async def test_each_turn_is_an_item_of_its_own_with_the_generations_prefix(voices: Voices, tmp_path: Path) -> None:
    talk = await converse(voices, tmp_path, PCMU_8K)
    await talk.say("One.")
    first = await talk.response()
    await talk.say("Two.")
    second = await talk.response()
    items = [{event.item_id for event in events if isinstance(event, AgentAudio)} for events in (first, second)]
    assert len(items[0]) == len(items[1]) == 1
    assert items[0] != items[1]
    assert all(item.startswith("g1:") for item in items[0] | items[1])
    await talk.session.close()


async def test_asked_for_a_greeting_it_beeps(voices: Voices, tmp_path: Path, wire: AudioFormat) -> None:
    talk = await converse(voices, tmp_path, wire)
    talk.session.request_response()
    events = await talk.response()
    assert 200 < spoken_ms(events) < 500
    assert all(event.audio.format == wire for event in events if isinstance(event, AgentAudio))
    await talk.session.close()


async def test_a_late_answer_is_cancelled_before_it_begins(voices: Voices, tmp_path: Path) -> None:
    talk = await converse(voices, tmp_path, PCMU_8K, delay_ms=60_000)
    await talk.say("Hello?")
    await talk.until(ResponseStarted)
    talk.session.cancel()
    talk.session.cancel()
    done = await talk.until(ResponseDone)
    assert done.status == "cancelled"
    assert spoken_ms(talk.seen) == 0
    await talk.session.close()
    assert await talk.rest() == []


async def test_a_short_delay_passes(voices: Voices, tmp_path: Path) -> None:
    talk = await converse(voices, tmp_path, PCMU_8K, delay_ms=20)
    await talk.say("Hello?")
    assert spoken_ms(await talk.response()) > 200
    assert [type(event) for event in talk.seen].count(ResponseStarted) == 1
    await talk.session.close()


async def test_an_endless_speech_is_kept_within_its_bound(voices: Voices, tmp_path: Path) -> None:
    talk = await converse(voices, tmp_path, PCMU_8K)
    for _ in range(90):
        talk.send(beep(PCMU_8K, ms=300))
        talk.send(Audio.silence(PCMU_8K, 100))
    talk.session.commit()
    assert spoken_ms(await talk.response()) == pytest.approx(MAX_ECHO_MS, abs=50)
    await talk.session.close()


async def test_silence_before_speech_is_not_piled_up(voices: Voices, tmp_path: Path) -> None:
    talk = await converse(voices, tmp_path, PCMU_8K)
    for _ in range(60):
        talk.send(beep(PCMU_8K, ms=1000, level_dbfs=-70))
    spoken = await talk.say("Hello?")
    assert spoken_ms(await talk.response()) < spoken.duration_ms + 600
    await talk.session.close()


async def test_it_answers_in_another_format_than_it_hears(voices: Voices, tmp_path: Path) -> None:
    backend = EchoBackend(BackendConfig("parrot", "echo"), BackendServices(SystemClock(), voices, str(tmp_path)))
    session = await backend.open(SessionSetup("call_1", 1, PCMU_8K, PCM16_24K))
    talk = Conversation(session, PCMU_8K, voices)
    await talk.say("Hello?")
    audio = await talk.until(AgentAudio)
    assert audio.audio.format == PCM16_24K
    await talk.session.close()


async def test_after_closing_nothing_is_left(voices: Voices, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    talk = await converse(voices, tmp_path, PCMU_8K, delay_ms=50)
    await talk.say("Hello?")
    await talk.session.close()
    assert spoken_ms(await talk.rest()) == 0
    assert asyncio.all_tasks() == before
