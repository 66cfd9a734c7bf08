"""One opening through the real ear, voice detector, recogniser and supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from openings import Rendered

from biami_engine.audio.beep_detector import Beep
from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.audio.vad import VadEdge
from biami_engine.core.answering import AnsweringConfig, AnswerSupervisor, Finding, Identified, MessageMayStart
from biami_engine.interface import AnsweredBy
from biami_engine.speech.answer_ear import AnswerEar, Heard
from biami_engine.speech.port import SpeechToText, VoiceActivity

READING_SECONDS = 0.15
"""What the recogniser takes in the trial: half a Raspberry Pi 5, three times this machine."""
FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the supervisor is told at `at` seconds. `kind`: started, stopped, beep, heard."""

    at: float
    kind: str
    ago_ms: float = 0.0
    hz: float = 0.0
    text: str = ""
    final: bool = True
    confidence: float = 0.0

    def as_list(self) -> list[float | str | bool]:
        rounded = [round(self.at, 3), self.kind, round(self.ago_ms), round(self.hz)]
        return [*rounded, self.text, self.final, round(self.confidence, 3)]


@dataclass(slots=True)
class Result:
    verdict: AnsweredBy = AnsweredBy.UNKNOWN
    decided_at: float | None = None
    history: list[Identified] = field(default_factory=list)
    message_at: float | None = None
    after_beep: bool = False


def listen(audio: Audio, activity: VoiceActivity, recogniser: SpeechToText) -> list[Evidence]:
    """What the ear tells about a sound, each at its time."""
    ear = AnswerEar(PCMU_8K, activity)
    found: list[Evidence] = []
    for start in range(0, int(audio.duration_ms), FRAME_MS):
        now = (start + FRAME_MS) / 1000
        for heard in ear.hear(audio.slice(start, start + FRAME_MS)):
            found.append(_evidence(heard, now, recogniser))
    return sorted(found, key=lambda evidence: evidence.at)


def _evidence(heard: Heard, now: float, recogniser: SpeechToText) -> Evidence:
    if isinstance(heard, VadEdge):
        return Evidence(now, heard.kind, heard.ago_ms)
    if isinstance(heard, Beep):
        return Evidence(now, "beep", heard.ago_ms, heard.hz)
    words = recogniser.transcribe(heard.audio)
    return Evidence(now + READING_SECONDS, "heard", 0.0, 0.0, words.text, heard.final, words.confidence)


def judge(
    evidence: list[Evidence], seconds: float, cut: float, config: AnsweringConfig | None = None, start: float = 0.3
) -> Result:
    """The supervisor over that evidence; words below the confidence `cut` are not told. The call is answered at
    `start`."""
    supervisor = AnswerSupervisor(config)
    result = Result()
    _note(result, supervisor.answered(start), start)
    for at, tell in _timeline(supervisor, evidence, cut):
        while (deadline := supervisor.next_deadline) is not None and deadline < at:
            _note(result, supervisor.time_passed(deadline), deadline)
        _note(result, tell(), at)
    while (deadline := supervisor.next_deadline) is not None and deadline < seconds:
        _note(result, supervisor.time_passed(deadline), deadline)
    return result


def _timeline(
    supervisor: AnswerSupervisor, evidence: list[Evidence], cut: float
) -> Iterator[tuple[float, Callable[[], tuple[Finding, ...]]]]:
    for item in evidence:
        yield item.at, lambda item=item: _tell(supervisor, item, cut)


def _tell(supervisor: AnswerSupervisor, item: Evidence, cut: float) -> tuple[Finding, ...]:
    if item.kind == "started":
        return supervisor.voice_started(item.at, item.ago_ms)
    if item.kind == "stopped":
        return supervisor.voice_stopped(item.at, item.ago_ms)
    if item.kind == "beep":
        return supervisor.beep(item.hz, item.at, item.ago_ms)
    return supervisor.heard(item.text, item.at, item.final, item.confidence >= cut)


def _note(result: Result, findings: tuple[Finding, ...], at: float) -> None:
    for finding in findings:
        if isinstance(finding, MessageMayStart):
            result.message_at, result.after_beep = at, finding.after_beep
        else:
            result.history.append(finding)
            result.verdict = finding.answered_by
            result.decided_at = at


def too_early(rendered: Rendered, result: Result) -> bool:
    """The message would have begun while the greeting or the beep still sounded."""
    over_ms = max(rendered.speech_ends_ms, rendered.beep_ends_ms or 0.0)
    return result.message_at is not None and result.message_at * 1000 < over_ms - FRAME_MS
