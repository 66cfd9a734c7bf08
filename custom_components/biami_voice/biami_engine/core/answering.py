"""Who answered an outbound call: a supervisor over its first seconds that weighs words, cadence, beeps and the carrier.

Where evidence conflicts it believes in a person: a machine that is greeted costs a few seconds, a person taken for a
machine is hung up on. A verdict may be corrected: of unknown by anything, of a person by sure words, of a screener by
whoever speaks after we told our name, of a voicemail by a person's sure words or a full mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..interface import AnsweredBy
from .answering_evidence import Cadence, Words
from .answering_phrases import HINT, SURE

_EXCHANGE_HZ = (400.0, 490.0)
"""A tone of this pitch before any word is ringback (ITU-T E.180: 425 Hz; North America 440 + 480 Hz)."""
_DUST = 1e-6
"""Seconds. A sum less one of its parts may be a bit less than the other: a deadline has come all the same."""


@dataclass(frozen=True, slots=True)
class AnsweringConfig:
    """Seconds."""

    reply_after: float = 0.8
    """A short greeting, or a person's own words, followed by so much silence is a person."""
    short_greeting: float = 2.2
    long_reply_after: float = 1.4
    """The same after a longer one."""
    words_wait: float = 1.6
    """So long after speech ended its words are waited for; then cadence decides alone."""
    doubt_wait: float = 2.6
    """With some sign of a machine but no proof, a machine is given so long to go on or to beep."""
    beep_wait: float = 3.0
    """A greeting followed by so much silence has no beep: the message may start."""
    silence_limit: float = 6.0
    """Nobody said anything for so long."""
    decide_by: float = 15.0
    """Then a verdict is given in any case, and that of a person is final."""
    watch: float = 60.0
    """So long a machine is listened to."""
    long_speech: float = 3.0
    """So much speech is no mere "hello": a beep or the carrier's verdict after it counts."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Who answered; `evidence` is for the log. A second one corrects the first."""

    answered_by: AnsweredBy
    evidence: str


@dataclass(frozen=True, slots=True)
class MessageMayStart:
    """A voicemail records now."""

    after_beep: bool


Finding = Identified | MessageMayStart


class AnswerSupervisor:
    """Tell it what is heard, in seconds on the call's clock; each call gives what is newly known."""

    def __init__(self, config: AnsweringConfig | None = None) -> None:
        self.config = config or AnsweringConfig()
        self.verdict: AnsweredBy | None = None
        self.message_may_start = False
        self.listening = False
        """Something may still be found."""
        self._answered_at = 0.0
        self._now = 0.0
        self._words = Words()
        self._cadence = Cadence()
        self._beep_at: float | None = None
        self._carrier: AnsweredBy | None = None
        self._greeting_over = False
        self._introduced = False

    @property
    def next_deadline(self) -> float | None:
        """When `time_passed` is due."""
        if not self.listening:
            return None
        config = self.config
        moments = [self._answered_at + config.decide_by, self._answered_at + config.watch]
        if self._cadence.quiet_since is not None:
            waits = (config.reply_after, config.long_reply_after, config.words_wait, config.doubt_wait)
            moments += [self._cadence.quiet_since + wait for wait in (*waits, config.beep_wait, config.silence_limit)]
        return min((at for at in moments if at > self._now), default=None)

    # --- what is heard ---

    def answered(self, now: float) -> tuple[Finding, ...]:
        """The call was answered: the first seconds begin."""
        self.listening = True
        self._answered_at = now
        self._cadence.quiet_since = now
        return self._judge(now)

    def voice_started(self, now: float, ago_ms: float = 0.0) -> tuple[Finding, ...]:
        self._cadence.started(now - ago_ms / 1000)
        return self._judge(now)

    def voice_stopped(self, now: float, ago_ms: float = 0.0) -> tuple[Finding, ...]:
        if self._cadence.speaking:
            self._words.pending += 1
        self._cadence.stopped(now - ago_ms / 1000)
        return self._judge(now)

    def heard(self, text: str, now: float, final: bool = True, clear: bool = True) -> tuple[Finding, ...]:
        """The words of an utterance: all so far, or all of it; final and empty: nobody could understand it. In a text
        that is not `clear` a phrase still counts (it is no accident), but its absence means nothing."""
        self._words.add(text, final, clear)
        return self._judge(now)

    def beep(self, hz: float, now: float, ago_ms: float = 0.0) -> tuple[Finding, ...]:
        """A single tone ended `ago_ms` before now."""
        if self._cadence.spoken_seconds(now) or not _EXCHANGE_HZ[0] <= hz <= _EXCHANGE_HZ[1]:
            self._beep_at = now - ago_ms / 1000
        return self._judge(now)

    def carrier_says(self, who: AnsweredBy, now: float, greeting_over: bool = False) -> tuple[Finding, ...]:
        """The carrier's own detection; `greeting_over` for Twilio's `machine_end_*`."""
        self._carrier = who
        self._greeting_over = self._greeting_over or greeting_over
        return self._judge(now)

    def introduced(self, now: float) -> None:
        """We told a screener who calls: from now on somebody else may speak."""
        self._introduced = True
        self._words = Words()
        self._cadence = Cadence()
        self._cadence.quiet_since = now
        self._beep_at = None

    def time_passed(self, now: float) -> tuple[Finding, ...]:
        return self._judge(now + _DUST)

    # --- what it means ---

    def _judge(self, now: float) -> tuple[Finding, ...]:
        self._now = now
        if not self.listening:
            return ()
        findings: list[Finding] = []
        found = self._explanation(now)
        if found is not None and found.answered_by is not self.verdict and self._corrects(found.answered_by):
            self.verdict = found.answered_by
            findings.append(found)
        if self._records(now):
            self.message_may_start = True
            findings.append(MessageMayStart(after_beep=self._beep_is_last))
        self.listening = not self._finished(now)
        return tuple(findings)

    def _explanation(self, now: float) -> Identified | None:
        """The best one for all that was heard, or None while it is worth waiting."""
        machine = self._words.machine
        score = self._score(machine or AnsweredBy.VOICEMAIL, now)
        if machine is not None and self._words.sure_of(machine) and score >= 2 * HINT:
            return Identified(machine, f"its words ({self._words.patterns} phrases, score {score})")
        if score >= 2 * HINT and self._may_be_believed(now):
            return Identified(machine or AnsweredBy.VOICEMAIL, f"signs of a machine (score {score})")
        return self._person(now, doubt=score > 0) or self._last_resort(now)

    def _score(self, kind: AnsweredBy, now: float) -> int:
        """What speaks for this machine, less what speaks for a person."""
        score = self._words.score(kind) - self._words.score(AnsweredBy.HUMAN)
        if self._carrier is AnsweredBy.HUMAN:
            score -= HINT
        if kind is AnsweredBy.VOICEMAIL:
            score += self._beep_votes(now) + self._carrier_votes(now)
        return score

    def _may_be_believed(self, now: float) -> bool:
        """Signs alone are enough only when it went on as a machine does: a beep, or long speech and no wait for us."""
        if self._cadence.speaking:
            return False
        long = self._cadence.spoken_seconds(now) >= self.config.long_speech
        return self._beep_at is not None or (long and self._cadence.quiet_seconds(now) >= self.config.doubt_wait)

    def _beep_votes(self, now: float) -> int:
        """A beep proves a machine after long speech or a sign of one; after a mere "hello" it may be anything."""
        if self._beep_at is None:
            return 0
        spoken = self._cadence.spoken_seconds(now)
        signs = self._words.score(AnsweredBy.VOICEMAIL)
        return 2 * HINT if signs or not spoken or spoken >= self.config.long_speech else 0

    def _carrier_votes(self, now: float) -> int:
        if self._carrier is not AnsweredBy.VOICEMAIL or self._cadence.spoken_seconds(now) < self.config.long_speech:
            return 0
        return HINT if self._words.known else 2 * HINT

    def _person(self, now: float, doubt: bool) -> Identified | None:
        """It stopped speaking and waits for us, as people do."""
        config = self.config
        if not self._cadence.utterances or self._cadence.speaking:
            return None
        spoken, quiet = self._cadence.spoken_seconds(now), self._cadence.quiet_seconds(now)
        short = spoken <= config.short_greeting
        if self._words.pending and quiet < config.words_wait:
            return None
        if not (short or self._words.known):
            doubt = True
        soon = short or self._words.sure_of(AnsweredBy.HUMAN)
        wait = config.doubt_wait if doubt else config.reply_after if soon else config.long_reply_after
        if quiet < wait:
            return None
        if short or self._words.known or self._carrier is AnsweredBy.HUMAN:
            return Identified(AnsweredBy.HUMAN, f"{spoken:.1f} s of speech, then {quiet:.1f} s of silence")
        return Identified(AnsweredBy.UNKNOWN, f"{spoken:.1f} s of speech that nobody understood")

    def _last_resort(self, now: float) -> Identified | None:
        elapsed = now - self._answered_at
        if self.verdict is not None:
            return None
        if not (self._cadence.utterances or self._cadence.speaking) and elapsed >= self.config.silence_limit:
            return Identified(AnsweredBy.UNKNOWN, "nobody said anything")
        if elapsed < self.config.decide_by:
            return None
        who = AnsweredBy.HUMAN if self._words.score(AnsweredBy.HUMAN) >= SURE else AnsweredBy.UNKNOWN
        return Identified(who, f"{self._cadence.spoken_seconds(now):.1f} s of speech without a sign of a machine")

    def _corrects(self, after: AnsweredBy) -> bool:
        """Whether a verdict that was given may still be replaced by this one."""
        before = self.verdict
        if before is None or before is AnsweredBy.UNKNOWN:
            return True
        if before is AnsweredBy.HUMAN:
            beeped = after is AnsweredBy.VOICEMAIL and self._beep_at is not None and not self._words.score(before)
            return self._words.sure_of(after) or beeped
        if before is AnsweredBy.SCREENING:
            return self._introduced or after in (AnsweredBy.VOICEMAIL, AnsweredBy.NO_MESSAGE)
        if before is AnsweredBy.VOICEMAIL:
            return after is AnsweredBy.NO_MESSAGE or (after is AnsweredBy.HUMAN and self._words.sure_of(after))
        return before is AnsweredBy.IVR and after is AnsweredBy.VOICEMAIL

    # --- when to speak, when to stop listening ---

    @property
    def _beep_is_last(self) -> bool:
        """Nothing was said after it; a detector may count the tone itself as speech."""
        return self._beep_at is not None and self._beep_at >= self._cadence.last_stop - 0.3

    def _records(self, now: float) -> bool:
        if self.verdict is not AnsweredBy.VOICEMAIL or self.message_may_start or self._cadence.speaking:
            return False
        waited = self._cadence.quiet_seconds(now) >= self.config.beep_wait
        return self._beep_is_last or self._greeting_over or waited

    def _finished(self, now: float) -> bool:
        elapsed = now - self._answered_at
        if self.verdict in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN):
            return elapsed >= self.config.decide_by
        return self.message_may_start or self.verdict is AnsweredBy.NO_MESSAGE or elapsed >= self.config.watch
