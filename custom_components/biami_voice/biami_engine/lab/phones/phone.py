"""A phone that lives through a script, step by step, and writes down what it did and what failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ...audio.frame import PCMU_8K
from ...audio.tones import beep
from ...interface import TimerHandle
from ..carrier import PhoneLine
from ..carrier.line import Spell
from ..carrier.loudspeaker import Loudspeaker
from ..carrier.noises import music, noise
from ..carrier.sounds import Voice
from ..voice import telephone_wav
from .steps import RINGING_WORDS, Step

RING_SECONDS = 1.0
HUMAN_VERDICT_SECONDS = 2.0
"""After so long Twilio's AMD has usually heard enough of a person."""
PATIENCE_SECONDS = 20.0


class Scene(Protocol):
    """What a script can do beyond its own phone: break the network, and ask whether all is as expected."""

    async def network(self, line: PhoneLine, fault: str) -> None: ...

    async def check(self, line: PhoneLine, expectations: Mapping[str, Any]) -> list[str]:
        """What is not as expected, in words."""
        ...


class ScriptedPhone:
    """`failures` collects what went wrong in any call of this phone; `diary` what it did, at lab seconds."""

    def __init__(self, steps: Sequence[Step], voice: Voice, folder: Path, scene: Scene | None = None) -> None:
        self._steps = steps
        self._voice = voice
        self._folder = folder
        self._scene = scene
        self.failures: list[str] = []
        self.diary: list[tuple[float, str]] = []
        self.interrupted: list[tuple[Spell, float]] = []
        """Each agent's sentence that was interrupted, and when."""
        self.done = False
        self.sounds: dict[str, bytes] = {}

    async def prepare(self) -> None:
        """Render everything before the call: synthesis must not count as hesitation."""
        for step in self._steps:
            speech = _speech_of(step)
            if speech is not None and _name(speech) not in self.sounds:
                self.sounds[_name(speech)] = await self._sound(speech)

    async def _sound(self, speech: Mapping[str, str]) -> bytes:
        if "wav" in speech:
            return await telephone_wav(self._folder / speech["wav"])
        return await self._voice.speak(speech["text"])

    async def attend(self, line: PhoneLine) -> None:
        self.done = False
        await self.prepare()
        attendance = _Attendance(self, line, self._scene)
        try:
            await attendance.run(self._steps)
            self.done = True
        finally:
            attendance.close()


class _Attendance:
    """One call of a phone."""

    def __init__(self, phone: ScriptedPhone, line: PhoneLine, scene: Scene | None) -> None:
        self._phone = phone
        self._line = line
        self._scene = scene
        self._listened_to = 0
        """How many of the agent's spells the script has waited for."""
        self._timers: list[TimerHandle] = []
        self._words: Mapping[str, Callable[[Any], Awaitable[None]]] = {
            "say": self._speak,
            "interrupt": self._interrupt,
            "wait_for_agent": self._wait_for_agent,
            "wait": self._wait,
            "silence": self._wait,
            "press": self._press,
            "speakerphone": self._speakerphone,
            "noise": lambda value: self._make_noise(noise(value), "*noise*"),
            "music": lambda value: self._make_noise(music(value), "*music*"),
            "network": self._network,
            "expect": self._expect,
            "hang_up": self._hang_up,
        }

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    async def run(self, steps: Sequence[Step]) -> None:
        first = steps[0] if steps and steps[0].word in RINGING_WORDS else Step("answer", RING_SECONDS)
        if not await self._pick_up(first):
            return
        for index, step in enumerate(steps):
            if step.word in RINGING_WORDS:
                continue
            if self._line.ended.is_set() and step.word != "expect":
                self._fail(f"the call was over before step {index + 1} ({step.word})")
                return
            await self._words[step.word](step.value)

    async def _pick_up(self, first: Step) -> bool:
        """Do what the first step says of ringing; False where the phone is not answered."""
        line = self._line
        if line.dialled:
            await line.until(line.answered.is_set)
            return line.answered.is_set()
        if first.word == "no_answer":
            return False
        await self._pause(first.value if first.word == "answer" else RING_SECONDS)
        refusals = {"busy": line.busy, "reject": line.reject, "unreachable": line.fail}
        if first.word in refusals:
            refusals[first.word]()
            return False
        line.answer()
        await line.answered.wait()
        self._note("answers")
        if first.word == "voicemail":
            await self._greet(first.value)
        else:
            self._later(HUMAN_VERDICT_SECONDS, "human")
        return True

    async def _greet(self, voicemail: Mapping[str, Any]) -> None:
        self._later(HUMAN_VERDICT_SECONDS, "machine_start")
        await self._speak({"text": voicemail["greeting"]})
        if voicemail["beep"]:
            self._line.mouth.say(beep(PCMU_8K).payload, "*beep*")
            await self._line.until(lambda: not self._line.mouth.speaking)
        self._line.detected("machine_end_beep" if voicemail["beep"] else "machine_end_silence")
        self._listened_to = len(self._line.ear.spells)

    def _later(self, seconds: float, verdict: str) -> None:
        clock = self._line.clock
        self._timers.append(clock.call_at(clock.monotonic() + seconds, lambda: self._line.detected(verdict)))

    async def _speak(self, speech: Mapping[str, str]) -> None:
        name = _name(speech)
        self._line.mouth.say(self._phone.sounds[name], name)
        await self._line.until(lambda: not self._line.mouth.speaking)

    async def _speakerphone(self, settings: Mapping[str, Any]) -> None:
        self._note("lies on the table")
        self._line.loudspeaker = Loudspeaker(**settings)

    async def _make_noise(self, sound: bytes, name: str) -> None:
        self._line.mouth.say(sound, name)
        await self._line.until(lambda: not self._line.mouth.speaking)

    async def _interrupt(self, step: Mapping[str, Any]) -> None:
        ear, clock, after = self._line.ear, self._line.clock, step["after"]

        def ripe() -> bool:
            since = ear.spells[self._listened_to :]
            return bool(since) and clock.monotonic() - since[0].start >= after

        if not await self._line.until(lambda: ear.sounding and ripe(), PATIENCE_SECONDS):
            self._fail(f"the agent never spoke for {after:g} s: nothing to interrupt")
            return
        self._phone.interrupted.append((ear.spells[-1], clock.monotonic()))
        self._listened_to = len(ear.spells)
        self._note("interrupts")
        await self._speak(step["say"])

    async def _wait_for_agent(self, step: Mapping[str, Any]) -> None:
        ear, clock = self._line.ear, self._line.clock

        def finished() -> bool:
            quiet = clock.monotonic() - (ear.last_sound_at or 0.0)
            return quiet >= step["quiet"] or self._line.ended.is_set()

        started = await self._line.until(lambda: len(ear.spells) > self._listened_to, step["within"])
        if started and step["until"] == "started":
            return
        if not started or not await self._line.until(finished, step["within"]):
            self._fail(f"the agent had not {step['until']} speaking within {step['within']:g} s")
        self._listened_to = len(ear.spells)

    async def _wait(self, seconds: float) -> None:
        await self._pause(seconds)

    async def _pause(self, seconds: float) -> None:
        await self._line.until(lambda: False, seconds)

    async def _press(self, keys: str) -> None:
        self._note(f"presses {keys}")
        self._line.press(keys)
        await self._line.until(lambda: not self._line.pressing)

    async def _network(self, fault: str) -> None:
        self._note(f"network: {fault}")
        if self._scene is not None:
            await self._scene.network(self._line, fault)

    async def _expect(self, expectations: Mapping[str, Any]) -> None:
        if self._scene is not None:
            self._phone.failures += await self._scene.check(self._line, expectations)

    async def _hang_up(self, _: None) -> None:
        self._note("hangs up")
        self._line.hang_up()
        await self._line.ended.wait()

    def _note(self, text: str) -> None:
        self._phone.diary.append((self._line.clock.monotonic(), text))

    def _fail(self, text: str) -> None:
        self._phone.failures.append(text)
        self._note(f"FAILED: {text}")


def _speech_of(step: Step) -> Mapping[str, str] | None:
    if step.word == "voicemail":
        return {"text": step.value["greeting"]}
    if step.word == "interrupt":
        said: Mapping[str, str] = step.value["say"]
        return said
    return step.value if step.word == "say" else None


def _name(speech: Mapping[str, str]) -> str:
    return speech.get("text") or speech["wav"]
