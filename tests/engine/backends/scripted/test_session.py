from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from biami_engine.audio.frame import PCMU_8K, AudioFormat
from biami_engine.audio.tones import beep
from biami_engine.audio.wav import write_wav
from biami_engine.backends.port import BackendServices
from biami_engine.backends.scripted import ScriptedBackend
from biami_engine.backends.scripted.session import ScriptedSession
from biami_engine.backends.sound import CHUNK_MS
from biami_engine.config import BackendConfig
from biami_engine.core.events import (
    AgentAudio,
    AgentAudioDone,
    BackendLost,
    BackendOpened,
    CallEvent,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolRequested,
    Transcript,
)
from biami_engine.errors import BackendError, NotFound
from biami_engine.interface import Role
from biami_engine.speech import Voices

from ..conversation import Conversation, setup, spoken_ms, words


class HandClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self._due: list[Due] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)

    async def sleep_until(self, when: float) -> None:
        raise NotImplementedError

    def call_at(self, when: float, callback: Callable[[], None]) -> Due:
        due = Due(when, callback)
        self._due.append(due)
        return due

    def forward(self, seconds: float) -> None:
        self.now += seconds
        for due in [due for due in self._due if due.when <= self.now]:
            self._due.remove(due)
            if not due.cancelled:
                due.callback()

    @property
    def armed(self) -> int:
        return sum(not due.cancelled for due in self._due)


class Due:
    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Stage:
    """A dialogue on its way, its clock and its conversation."""

    def __init__(self, voices: Voices, folder: Path) -> None:
        self.clock = HandClock()
        self.voices = voices
        self.folder = folder

    def backend(self, text: str) -> ScriptedBackend:
        (self.folder / "dialogue.yaml").write_text(text, encoding="utf-8")
        config = BackendConfig("local", "scripted", {"dialogue": "dialogue.yaml"})
        return ScriptedBackend(config, BackendServices(self.clock, self.voices, str(self.folder)))

    async def open(self, text: str, wire: AudioFormat = PCMU_8K, **variables: str) -> Conversation:
        session = await self.backend(text).open(setup(wire, **variables))
        talk = Conversation(session, wire, self.voices)
        await talk.until(BackendOpened)
        return talk

    async def greeted(self, text: str, wire: AudioFormat = PCMU_8K, **variables: str) -> Conversation:
        """Opened, asked for its greeting, and heard to the end."""
        talk = await self.open(text, wire, **variables)
        talk.session.request_response()
        await talk.response()
        self.hear()
        return talk

    def hear(self) -> None:
        """The caller hears everything said so far."""
        self.clock.forward(60)


@pytest.fixture
def stage(voices: Voices, tmp_path: Path) -> Stage:
    return Stage(voices, tmp_path)


def said(talk: Conversation) -> list[str]:
    assert isinstance(talk.session, ScriptedSession)
    return talk.session.said.lines()


def kinds(events: list[CallEvent]) -> list[type]:
    """Without repetitions of one after the other."""
    every = [type(event) for event in events]
    return [kind for n, kind in enumerate(every) if n == 0 or kind is not every[n - 1]]


TWO_STEPS = """
greeting: Hello, this is {firm}.
steps:
  - on_speech: {say: First answer.}
  - on_speech: {say: Second answer.}
"""


async def test_it_greets_when_it_is_asked_to_and_answers_in_turn(stage: Stage, wire: AudioFormat) -> None:
    talk = await stage.open(TWO_STEPS, wire, firm="Biami")
    talk.session.request_response()
    greeting = await talk.response()
    assert kinds(greeting) == [ResponseStarted, Transcript, AgentAudio, Transcript, AgentAudioDone, ResponseDone]
    assert words(greeting) == ["Hello, this is Biami."]
    assert 800 < spoken_ms(greeting) < 4000
    for event in greeting:
        if isinstance(event, AgentAudio):
            assert event.audio.format == wire
            assert event.audio.duration_ms <= CHUNK_MS
            assert event.item_id.startswith("g1:")
    stage.hear()
    await talk.say("Good morning.")
    answer = await talk.response()
    assert kinds(answer)[:3] == [SpeechStarted, SpeechStopped, Transcript]
    assert words(answer, Role.CALLER)[0].startswith("(speech, ")
    assert words(answer) == ["First answer."]
    stage.hear()
    await talk.say("Anything else?")
    assert words(await talk.response()) == ["Second answer."]
    stage.hear()
    await talk.say("And again?")
    assert words(await talk.response()) == ["Second answer."]
    assert said(talk) == ["Hello, this is Biami.", "First answer.", "Second answer.", "Second answer."]
    await talk.session.close()


async def test_who_speaks_first_is_greeted_and_not_greeted_twice(stage: Stage) -> None:
    talk = await stage.open(TWO_STEPS, firm="Biami")
    await talk.say("Hello?")
    assert words(await talk.response()) == ["Hello, this is Biami."]
    talk.session.request_response()
    stage.hear()
    await talk.say("Yes?")
    assert words(await talk.response()) == ["First answer."]
    await talk.session.close()


async def test_the_contexts_own_first_sentence_takes_the_place_of_the_greeting(stage: Stage) -> None:
    talk = await stage.open(TWO_STEPS, firm="Biami")
    talk.session.request_response('Say exactly: "Welcome to "our" house."')
    assert words(await talk.response()) == ['Welcome to "our" house.']
    stage.hear()
    await talk.say("Thank you.")
    assert words(await talk.response()) == ["First answer."]
    await talk.session.close()


async def test_words_to_order_do_not_disturb_the_dialogue(stage: Stage) -> None:
    talk = await stage.greeted(TWO_STEPS, firm="Biami")
    talk.session.request_response('Say exactly: "Are you still there?"')
    assert words(await talk.response()) == ["Are you still there?"]
    talk.session.request_response("Be friendly.")
    stage.hear()
    await talk.say("Yes.")
    assert words(await talk.response()) == ["First answer."]
    await talk.session.close()


MENU = """
greeting: Choose.
steps:
  - name: menu
    listen: 5
    on_dtmf:
      1: sales
      any: {say: Not this key.}
    on_silence: {say: Still there?}
    on_speech: {say: I heard you.}
    repeat: 1
  - name: end
    do: {say: The end.}
  - name: sales
    do: {say: This is sales.}
    on_speech: menu
"""


async def test_keys_lead_to_steps(stage: Stage) -> None:
    talk = await stage.greeted(MENU)
    talk.session.inject("The lamp is on.", Role.SYSTEM)
    talk.session.inject("[DTMF: 1]", Role.CALLER)
    assert words(await talk.response()) == ["This is sales."]
    talk.session.inject("[DTMF: 7]", Role.CALLER)
    stage.hear()
    await talk.say("Back, please.")
    talk.session.inject("[DTMF: 7]", Role.CALLER)
    assert words(await talk.response()) == ["Not this key."]
    await talk.session.close()


async def test_silence_is_counted_from_the_end_of_what_was_heard(stage: Stage) -> None:
    talk = await stage.open(MENU)
    talk.session.request_response()
    greeting = await talk.response()
    talk.session.request_response('Say exactly: "One moment."')
    order = await talk.response()
    await settled(talk)
    stage.clock.forward(spoken_ms(greeting + order) / 1000 + 4.9)
    assert stage.clock.armed == 1
    stage.clock.forward(0.2)
    assert words(await talk.response()) == ["Still there?"]
    await talk.session.close()


async def settled(talk: Conversation) -> None:
    """Every task has gone as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_repeat_stays_for_more_answers(stage: Stage) -> None:
    talk = await stage.greeted(MENU)
    for expected in (["I heard you."], ["I heard you."]):
        await talk.say("Hello?")
        assert words(await talk.response()) == expected
        stage.hear()
    assert words(await talk.response()) == ["The end."]
    await talk.session.close()


async def test_who_is_speaking_is_not_silent(stage: Stage) -> None:
    talk = await stage.greeted(MENU)
    await settled(talk)
    stage.hear()
    assert words(await talk.response()) == ["Still there?"]
    await settled(talk)
    talk.send(beep(PCMU_8K, ms=600))
    stage.hear()
    talk.session.commit()
    assert words(await talk.response()) == ["I heard you."]
    await talk.session.close()


LONG = """
greeting: Good day. This is a long story. It has many sentences. Nobody has ever heard its end.
steps:
  - on_speech: {say: Sorry.}
  - on_speech: {say: Second answer.}
"""


async def test_an_interruption_cuts_what_was_said_and_is_an_answer(stage: Stage) -> None:
    talk = await stage.open(LONG)
    talk.session.request_response()
    first = await talk.until(AgentAudio)
    await talk.until(ResponseDone)
    stage.clock.forward(1.0)
    await talk.say("Stop!", trailing_silence_ms=0)
    await talk.until(SpeechStarted)
    talk.session.truncate(first.item_id, 700)
    await talk.say("Stop!")
    assert words(await talk.response()) == ["Sorry."]
    assert said(talk)[0] in ("Good", "Good day.")
    await talk.session.close()


async def test_speech_over_our_words_that_interrupted_nothing_is_no_answer(stage: Stage) -> None:
    talk = await stage.open(LONG)
    talk.session.request_response()
    await talk.response()
    await talk.say("Mhm.")
    await talk.until(SpeechStopped)
    stage.hear()
    await talk.say("Now I speak.")
    assert words(await talk.response()) == ["Sorry."]
    await talk.session.close()


async def test_cancelling_stops_what_is_being_made(stage: Stage) -> None:
    talk = await stage.open(LONG)
    talk.session.request_response()
    await talk.until(AgentAudio)
    talk.session.cancel()
    done = await talk.until(ResponseDone)
    assert done.status in ("cancelled", "completed")
    talk.session.cancel()
    await talk.say("Yes?")
    assert words(await talk.response()) == ["Sorry."]
    await talk.session.close()


async def test_a_response_that_waits_for_its_voice_can_be_cancelled(stage: Stage) -> None:
    talk = await stage.open(LONG)
    talk.session.request_response()
    await talk.until(ResponseStarted)
    talk.session.cancel()
    assert (await talk.until(ResponseDone)).status == "cancelled"
    assert spoken_ms(talk.seen) == 0
    await talk.session.close()


TOOLS = """
greeting: Hello.
steps:
  - on_speech:
      - say: Let me look.
      - tool: {name: current_time, arguments: {zone: Europe/Berlin}}
      - say: It is {tool_time}.
      - hang_up: done
"""


async def test_a_tool_is_asked_for_and_its_answer_is_spoken_then_it_hangs_up(stage: Stage) -> None:
    talk = await stage.greeted(TOOLS)
    await talk.say("What time is it?")
    request = await talk.until(ToolRequested)
    assert request.name == "current_time"
    assert json.loads(request.arguments) == {"zone": "Europe/Berlin"}
    await talk.until(ResponseDone)
    talk.session.send_tool_result(request.call_id, '{"time": "10:30"}')
    talk.session.request_response()
    hang_up = await talk.until(ToolRequested)
    assert words(talk.seen)[-1] == "It is 10:30."
    assert hang_up.name == "end_call"
    assert json.loads(hang_up.arguments) == {"reason": "done"}
    assert hang_up.call_id != request.call_id
    await talk.until(ResponseDone)
    talk.session.send_tool_result(hang_up.call_id, '{"status": "ending"}')
    await talk.say("Wait!")
    await talk.session.close()
    assert words(await talk.rest()) == []


@pytest.mark.parametrize("output", ['{"error": "no"}', "[]", "not JSON"])
async def test_a_tool_that_failed_does_not_stop_the_dialogue(stage: Stage, output: str) -> None:
    talk = await stage.greeted(TOOLS)
    await talk.say("What time is it?")
    request = await talk.until(ToolRequested)
    await talk.until(ResponseDone)
    talk.session.send_tool_result(request.call_id, output)
    talk.session.request_response()
    assert words(await talk.response()) == ["It is ."]
    await talk.session.close()


async def test_a_sound_file_is_played(stage: Stage, wire: AudioFormat) -> None:
    (stage.folder / "jingle.wav").write_bytes(write_wav(beep(PCMU_8K, ms=500)))
    talk = await stage.open("greeting: {play: jingle.wav}", wire)
    talk.session.request_response()
    events = await talk.response()
    assert spoken_ms(events) == pytest.approx(500, abs=5)
    assert words(events) == ["(jingle.wav)"]
    await talk.session.close()


async def test_a_missing_variable_refuses_the_session(stage: Stage) -> None:
    with pytest.raises(BackendError, match="needs a value for: firm"):
        await stage.open(TWO_STEPS)


async def test_an_unknown_voice_is_told_at_once(stage: Stage) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        stage.backend("voice: nobody")


async def test_without_a_voice_it_beeps_and_does_not_claim_to_speak(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    stage.voices = Voices(cache=False)  # others may have loaded this voice already
    backend = stage.backend("voice: flite\ngreeting: Hello.")
    assert not backend.capabilities.speaks_to_order
    talk = Conversation(await backend.open(setup(PCMU_8K)), PCMU_8K, stage.voices)
    talk.session.request_response()
    events = await talk.response()
    assert 100 < spoken_ms(events) < 1000
    assert words(events) == ["Hello."]
    await talk.session.close()


async def test_a_voice_that_breaks_is_a_lost_backend(stage: Stage) -> None:
    stage.voices = Voices(cache=False)
    talk = await stage.open("greeting: Hello from a closed voice.")
    await stage.voices.close()
    talk.session.request_response()
    lost = await talk.until(BackendLost)
    assert "switched off" in lost.detail
    assert await talk.rest() == []
    await talk.session.close()


async def test_more_turns_than_it_can_keep_are_dropped(stage: Stage) -> None:
    talk = await stage.open("greeting: Hello.")
    for _ in range(500):
        talk.session.inject("[DTMF: 5]", Role.CALLER)
    await settled(talk)
    await talk.session.close()


@pytest.mark.parametrize("moment", [BackendOpened, ResponseStarted, AgentAudio, ResponseDone, ToolRequested])
async def test_closing_at_any_moment_leaves_nothing(stage: Stage, moment: type[CallEvent]) -> None:
    before = asyncio.all_tasks()
    (stage.folder / "dialogue.yaml").write_text("x")
    session = await stage.backend("greeting: [{say: Hello there.}, {tool: {name: x}}, {say: Bye.}]").open(
        setup(PCMU_8K)
    )
    talk = Conversation(session, PCMU_8K, stage.voices)
    talk.session.request_response()
    await talk.until(moment)
    await talk.session.close()
    await talk.rest()
    assert asyncio.all_tasks() == before
    assert stage.clock.armed == 0
