"""What every mind must do, run over each entry of BACKENDS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from biami_engine.audio.convert import Converter
from biami_engine.audio.frame import PCMU_8K, Audio, AudioFormat
from biami_engine.backends import BACKENDS, create_backend
from biami_engine.backends.port import Backend, BackendServices, BackendSession, SessionSetup
from biami_engine.backends.sound import as_format
from biami_engine.calls.clock import SystemClock
from biami_engine.config import BackendConfig
from biami_engine.core import events as ev
from biami_engine.interface import Role
from biami_engine.lab.llm import LabLlm
from biami_engine.lab.model import InTurn, LabModel
from biami_engine.speech import Voices

T = TypeVar("T")
SECONDS = 20.0
PREFIX = "g3:"


class Talk:
    def __init__(self, session: BackendSession, setup: SessionSetup, speech: Audio) -> None:
        self.session = session
        self.setup = setup
        self.speech = speech
        self.events: list[ev.CallEvent] = []
        self._news = asyncio.Condition()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.session.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def next(self, kind: type[T], count: int = 1) -> T:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    def speak(self) -> None:
        """A sentence and a second of silence, in the session's format."""
        to_session = Converter(PCMU_8K, self.setup.input_format)
        for sound in (self.speech, Audio.silence(PCMU_8K, 1200)):
            for start in range(0, int(sound.duration_ms), 20):
                self.session.send_audio(to_session.convert(sound.slice(start, start + 20)))


@pytest.fixture
async def clock() -> SystemClock:
    return SystemClock(4.0)


COUNTING = "One two three four five six seven eight nine ten."


@pytest.fixture
async def voices() -> AsyncIterator[Voices]:
    voices = Voices()
    yield voices
    await voices.close()


@pytest.fixture(params=sorted(BACKENDS))
async def backend(request: pytest.FixtureRequest, clock: SystemClock, voices: Voices) -> AsyncIterator[Backend]:
    model, llm = LabModel(clock, mind=lambda: InTurn(COUNTING)), LabLlm(clock, mind=InTurn(COUNTING))
    await model.start()
    await llm.start()
    options = {
        "openai_realtime": {"api_key": "sk-lab", "base_url": model.base_url},
        "pipeline": {"llm": {"base_url": llm.base_url, "model": "lab-llm", "api_key": "sk-lab"}},
    }.get(request.param, {})
    services = BackendServices(clock, voices, ".")
    yield create_backend(BackendConfig(request.param, request.param, options), services)
    await model.stop()
    await llm.stop()


Opening = Callable[..., Awaitable[Talk]]


@pytest.fixture
async def open_session(backend: Backend, voices: Voices) -> AsyncIterator[Opening]:
    talks: list[Talk] = []
    speech = as_format(await voices.speaker.render("What time is it now?"), PCMU_8K)

    async def opening(heard: AudioFormat = PCMU_8K, spoken: AudioFormat = PCMU_8K) -> Talk:
        setup = SessionSetup("call_1", 3, heard, spoken, "Be brief.")
        talks.append(Talk(await backend.open(setup), setup, speech))
        return talks[-1]

    yield opening
    for talk in talks:
        await talk.session.close()
        await asyncio.wait_for(talk.reading, SECONDS)


async def test_it_says_first_that_it_is_open_and_nothing_unasked(open_session: Opening, clock: SystemClock) -> None:
    talk = await open_session()
    await talk.next(ev.BackendOpened)
    await clock.sleep_until(clock.monotonic() + 2)
    assert [type(event) for event in talk.events] == [ev.BackendOpened]


async def test_asked_it_speaks_one_whole_response(open_session: Opening) -> None:
    talk = await open_session()
    talk.session.request_response()
    await talk.next(ev.ResponseDone)
    kinds = [type(event) for event in talk.events if not isinstance(event, ev.Usage | ev.Transcript | ev.BackendOpened)]
    assert kinds[0] is ev.ResponseStarted
    assert kinds[-1] is ev.ResponseDone
    assert kinds.count(ev.AgentAudioDone) >= 1
    assert {audio.item_id[: len(PREFIX)] for audio in talk.of(ev.AgentAudio)} == {PREFIX}
    assert {event.generation for event in talk.events} == {3}


async def test_it_speaks_every_format_it_offers(backend: Backend, open_session: Opening) -> None:
    for format in backend.capabilities.output_formats:
        talk = await open_session(spoken=format)
        talk.session.request_response()
        await talk.next(ev.ResponseDone)
        assert {audio.audio.format for audio in talk.of(ev.AgentAudio)} == {format}


async def test_it_hears_every_format_it_offers(backend: Backend, open_session: Opening) -> None:
    for format in backend.capabilities.input_formats:
        talk = await open_session(heard=format)
        talk.session.request_response()
        await talk.next(ev.ResponseDone)
        talk.speak()
        await talk.next(ev.SpeechStarted)
        await talk.next(ev.SpeechStopped)


async def test_after_a_cancel_its_response_is_over(open_session: Opening, clock: SystemClock) -> None:
    talk = await open_session()
    talk.session.request_response()
    await talk.next(ev.ResponseStarted)
    talk.session.cancel()
    done = await talk.next(ev.ResponseDone)
    heard = len(talk.of(ev.AgentAudio))
    await clock.sleep_until(clock.monotonic() + 1)
    assert len(talk.of(ev.AgentAudio)) == heard
    assert done.response_id == talk.of(ev.ResponseStarted)[0].response_id


async def test_what_it_is_told_never_breaks_it(open_session: Opening) -> None:
    talk = await open_session()
    talk.session.cancel()
    talk.session.commit()
    talk.session.truncate(f"{PREFIX}nothing", 100)
    talk.session.send_tool_result("nothing", "{}")
    for role in Role:
        talk.session.inject("[DTMF: 5]", role)
    talk.session.request_response()
    await talk.next(ev.ResponseDone)
    assert talk.of(ev.BackendLost) == []


async def test_closed_it_is_silent_and_closing_again_is_fine(open_session: Opening) -> None:
    talk = await open_session()
    talk.session.request_response()
    await talk.next(ev.ResponseStarted)
    await talk.session.close()
    await asyncio.wait_for(talk.reading, SECONDS)
    heard = len(talk.events)
    talk.session.request_response()
    talk.session.send_audio(Audio.silence(PCMU_8K, 20))
    talk.session.cancel()
    await talk.session.close()
    assert len(talk.events) == heard
