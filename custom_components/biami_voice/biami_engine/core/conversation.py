"""The agent's half of a call: turns, responses, tools, and the session of a mind behind them.

Everything is told to `out`, in order. A conversation has one generation of a backend at a time; what an older one still
says is dropped by its number, except words the house itself asked for (`Speak`).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..audio.frame import Audio
from ..config import ContextConfig
from ..interface import Role
from . import events as ev
from .commands import (
    CancelResponse,
    CancelTool,
    CloseBackend,
    Command,
    InjectBackend,
    OpenBackend,
    Report,
    RequestResponse,
    RunTool,
    SendToolResult,
    Speak,
    TruncateBackend,
)
from .tool_calls import TIMED_OUT, ToolCalls, ToolTraits
from .tool_wait import HoldTone, Preamble, ToolWait
from .turns import Decision, TurnTaking
from .voice import HOUSE_PREFIX, AgentVoice, Cut

SPEAK_TIMEOUT_SECONDS = 10.0
MAX_SAID_CHARACTERS = 2000
"""Of the agent's own words, to know them again when the line sends them back."""


class Conversation:
    """One caller (`voice.leg`) and one agent."""

    def __init__(
        self, leg: str, context: ContextConfig, out: list[Command], traits: Mapping[str, ToolTraits] | None = None
    ) -> None:
        self.context = context
        self._traits = traits or {}
        self._wait = ToolWait()
        self._hold_tone: str | None = None
        self.generation = 0
        self.opened = False
        self.lost = False
        self.voice = AgentVoice(leg, out, self._on_cut)
        self.turns = TurnTaking(context.turns)
        self.tools = ToolCalls()
        self._out = out
        self._answers_turns = True
        self._remote = False
        self._catch_up = False
        self._responses: set[str] = set()
        self._speaking: dict[str, float] = {}
        self._spoken = 0
        self._tones = 0
        self._owes_response = False
        self._response_due: float | None = None
        self._heard_since: dict[str, float] = {}
        self._said = ""

    # --- state that the call asks for ---

    @property
    def leg(self) -> str:
        return self.voice.leg

    @property
    def audible(self) -> bool:
        """The caller hears the agent, or is about to."""
        return not self.voice.playback.heard_out or bool(self._responses)

    @property
    def silent_for_good(self) -> bool:
        """Nothing is being said, nothing is left to hear, nothing was promised."""
        waiting = self._speaking or self._responses or self.voice.settling or self.turns.undecided
        return self.voice.playback.heard_out and not waiting

    @property
    def busy(self) -> bool:
        waiting = self._speaking or self._response_due is not None or len(self.tools) > 0
        return self.audible or bool(waiting) or self.turns.caller_speaking

    @property
    def next_deadline(self) -> float | None:
        deadlines = [self.turns.next_deadline, self.tools.next_deadline, self.voice.next_deadline, self._response_due]
        deadlines += [self._wait.next_deadline, *self._speaking.values()]
        return min((at for at in deadlines if at is not None), default=None)

    # --- the session behind it ---

    def open_backend(self, name: str | None) -> None:
        self.generation += 1
        self.opened = self.lost = False
        self._forget_responses()
        self._out.append(OpenBackend(self.generation, name))

    def backend_opened(self, event: ev.BackendOpened, now: float) -> None:
        self.opened = True
        self._answers_turns = event.answers_turns
        self._remote = event.remote
        self.turns.knows_words = event.knows_words
        if self._catch_up:
            self._catch_up = False
            self._tell_history(now)

    def replace_backend(self, name: str | None) -> None:
        """Another mind goes on: words already on their way are heard, open tools of the old one are cancelled, and the
        new one is told the conversation so far."""
        self._close_generation()
        self._catch_up = bool(self.voice.history)
        self.open_backend(name)

    def backend_lost(self) -> None:
        """Nothing more comes of this generation; what it said already is heard."""
        self._cancel_tools()
        self.lost = True
        self.opened = False
        self._forget_responses()

    def _tell_history(self, now: float) -> None:
        """Where the caller spoke last, an answer is due."""
        for role, text in self.voice.history:
            self.inject(text, role)
        if self.voice.history[-1][0] is Role.CALLER:
            self.request_response(now)

    def inject(self, text: str, role: Role) -> None:
        if not self.lost:
            self._out.append(InjectBackend(self.generation, text, role))

    def close(self) -> None:
        self._close_generation()
        self.voice.settle_all()

    def _close_generation(self) -> None:
        self._cancel_tools()
        if self.generation and not self.lost:
            self._out.append(CloseBackend(self.generation))
        self._forget_responses()

    def _cancel_tools(self) -> None:
        self._wait.over()
        self._out += [CancelTool(tool.call_id) for tool in self.tools.drain()]

    def _forget_responses(self) -> None:
        self._responses.clear()
        self._owes_response = False
        self._response_due = None

    # --- words of the agent ---

    def agent_audio(self, item_id: str, audio: Audio, now: float) -> None:
        self._response_due = None
        if self._hold_tone is not None:
            if not self.voice.playback.is_finished(self._hold_tone):
                self.voice.drop(self._hold_tone, now)
            self._hold_tone = None
        self.voice.say(item_id, audio, now)

    def played(self, wire_id: str, ms: float, now: float) -> None:
        item_id = self.voice.played(wire_id, ms, now)
        if item_id is not None and ms > 0:
            self._heard_since.setdefault(item_id, now - ms / 1000)
        if self.context.turns.protect_first_sentence and self._first_was_heard:
            self._obey(self.turns.protection_over(now, self.audible), now)

    def response_started(self, response_id: str) -> None:
        self._response_due = None
        self._responses.add(response_id)

    def response_done(self, response_id: str, now: float) -> None:
        self._responses.discard(response_id)
        self._respond_if_owed(now)

    def request_response(self, now: float, instructions: str | None = None) -> None:
        if not self.lost:
            if self._remote:
                self._response_due = now + self.context.response_timeout_seconds
            self._out.append(RequestResponse(self.generation, instructions))

    def overdue(self, now: float) -> bool:
        """A response was asked for and the mind has kept silent too long."""
        return self._response_due is not None and now >= self._response_due

    def speak(self, text: str, now: float, by_house: bool = False) -> None:
        """Say exactly this, after what is on its way already."""
        if not text:
            return
        self._spoken += 1
        item_id = f"{HOUSE_PREFIX}{self._spoken}"
        self._speaking[item_id] = now + SPEAK_TIMEOUT_SECONDS
        self.voice.book.add(item_id, Role.AGENT, text, True, self.voice.at_ms(now))
        self._out.append(Speak(self.generation, item_id, text, by_house))

    def speaks(self, item_id: str) -> bool:
        return item_id in self._speaking

    def spoken(self, item_id: str) -> None:
        """All audio of it has come; none came where the backend spoke in its own words, or nobody could."""
        if self._speaking.pop(item_id, None) is None:
            return
        if self.voice.playback.knows(item_id):
            self.voice.finish(item_id)
        else:
            self.voice.book.discard(item_id)
            self.voice.playback.forbid(item_id)

    # --- turns ---

    def speech_started(self, now: float, ago_ms: float = 0.0) -> None:
        decisions = self.turns.speech_started(now, ago_ms, self.audible, self._protected_until())
        self._obey(decisions, now)

    def speech_stopped(self, now: float, ago_ms: float = 0.0) -> None:
        """The caller's turn is over; where the mind does not answer by itself it is asked to."""
        spoke = self.turns.caller_speaking
        decisions = self.turns.speech_stopped(now, ago_ms)
        self._obey(decisions, now)
        if spoke and Decision.RESUME not in decisions and not self.turns.undecided:
            self._answer_turn(now)

    def caller_said(self, text: str, now: float, echo: bool = False) -> None:
        """The words of a turn are known; a short interruption is judged by them."""
        decisions = self.turns.words(text, self.context.language, echo)
        self._obey(decisions, now)
        if Decision.DROP in decisions:
            self._answer_turn(now)

    def keep_silent(self) -> None:
        """Nothing of what was said so far shall be heard."""
        self.turns.give_up()
        self._drop()

    def words_may_go(self, now: float) -> None:
        """It is known who hears them."""
        self.voice.withheld = False
        self.voice.go_on()

    def end_turns(self) -> None:
        """From now on nobody interrupts: the last words are heard."""
        self.turns.give_up()
        self.voice.held_by_turn = False
        self.voice.go_on()

    def _answer_turn(self, now: float) -> None:
        if not self._answers_turns and self.opened:
            self.request_response(now)

    @property
    def _first_was_heard(self) -> bool:
        first = self.voice.first_item
        return first is not None and self.voice.playback.is_finished(first)

    def _protected_until(self) -> float | None:
        if self.context.turns.protect_first_sentence and not self._first_was_heard:
            return float("inf")
        protect_seconds = self.context.turns.protect_ms / 1000
        present = self.voice.playback.present_item
        if protect_seconds <= 0 or present is None:
            return None
        began = self._heard_since.get(present)
        return float("inf") if began is None else began + protect_seconds

    def _obey(self, decisions: list[Decision], now: float) -> None:
        for decision in decisions:
            if decision is Decision.PAUSE:
                self.voice.held_by_turn = True
                self.voice.hush(now)
            elif decision is Decision.CONFIRM:
                self._out.append(Report("interruption", {"after_ms": int((now - self.turns.speech_since) * 1000)}))
            elif decision is Decision.DROP:
                self._drop()
            else:
                self.voice.held_by_turn = False
                self.voice.go_on()

    def _drop(self) -> None:
        """The caller took the turn: the response is cancelled; truncation follows when it is known what was heard."""
        self.voice.held_by_turn = False
        if (self._responses or self._response_due is not None) and not self.lost:
            self._response_due = None
            self._out.append(CancelResponse(self.generation))
        for item_id in self._speaking:
            self.voice.playback.forbid(item_id)
        self._speaking.clear()
        self.voice.cut_off()
        self.voice.go_on()

    def _on_cut(self, cut: Cut) -> None:
        if cut.heard_ms < cut.generated_ms and not cut.item_id.startswith(HOUSE_PREFIX) and not self.lost:
            self._out.append(TruncateBackend(self.generation, cut.item_id, int(cut.heard_ms)))

    # --- text ---

    def caller_turn_began(self, item_id: str, now: float) -> None:
        """The text of this turn may come much later; its place in the conversation is here."""
        self.voice.book.begin(item_id, Role.CALLER, self.voice.at_ms(now))

    def transcript(self, event: ev.Transcript, now: float) -> bool:
        """Text of either side; False for the agent's own words come back, which nobody said."""
        spoken_by_caller = event.final and event.role is Role.CALLER
        echo = spoken_by_caller and self.turns.heard_itself(event.text, self._said)
        if echo:
            self.voice.book.discard(event.item_id)
        else:
            self.voice.write_down(event.item_id, event.role, event.text, event.final, now)
        if spoken_by_caller:
            self.caller_said(event.text, now, echo)
        elif event.role is Role.AGENT:
            self._said = f"{self._said}{' ' * event.final}{event.text}"[-MAX_SAID_CHARACTERS:]
        return not echo

    # --- tools ---

    def tool_requested(self, event: ev.ToolRequested, now: float) -> None:
        self._response_due = None
        traits = self._traits.get(event.name, ToolTraits())
        if self.tools.request(event.call_id, event.generation, event.name, now, traits.timeout_seconds):
            self._wait.began(now, traits.preamble)
            self._out.append(RunTool(event.call_id, event.name, event.arguments, traits.timeout_seconds))
            self._report_tool(event.name, event.call_id, "started")

    def tool_finished(self, event: ev.ToolFinished, now: float) -> bool:
        """Hand the result on; False where the call was closed before."""
        tool = self.tools.finish(event.call_id)
        if tool is None:
            return False
        self._report_tool(tool.name, tool.call_id, "failed" if event.failed else "done")
        if not len(self.tools):
            self._wait.over()
        if tool.generation == self.generation and not self.lost:
            self._out.append(SendToolResult(tool.generation, tool.call_id, event.output))
            self._owes_response = event.effect is None
            self._respond_if_owed(now)
        return True

    def _pass_the_time(self, now: float) -> None:
        """Nobody waits for a tool in dead air."""
        quiet = self.voice.playback.heard_out and not self.turns.caller_speaking and not self._speaking
        due = self._wait.time_passed(now, quiet)
        if isinstance(due, Preamble):
            self.speak(due.text, now)
        elif isinstance(due, HoldTone):
            self._tones += 1
            self._hold_tone = f"{HOUSE_PREFIX}tone-{self._tones}"
            self.voice.say(self._hold_tone, due.audio, now)
            self.voice.finish(self._hold_tone)

    def _report_tool(self, name: str, call_id: str, state: str) -> None:
        self._out.append(Report("tool", {"name": name, "call_id": call_id, "state": state}))

    def _respond_if_owed(self, now: float) -> None:
        """One answer after the last result and after the response that asked is over (OpenAI: function calling)."""
        if self._owes_response and not self._responses and not self.tools.outstanding(self.generation):
            self._owes_response = False
            self.request_response(now)

    # --- time ---

    def time_passed(self, now: float) -> None:
        """Everything that waited in vain; who is `overdue` is for the call to ask."""
        decisions = self.turns.time_passed(now)
        self._obey(decisions, now)
        if Decision.DROP in decisions and not self.turns.caller_speaking:
            self._answer_turn(now)
        self.voice.time_passed(now)
        self._pass_the_time(now)
        for item_id, until in list(self._speaking.items()):
            if now >= until:
                self.spoken(item_id)
        for tool in self.tools.expired(now):
            self._out.append(CancelTool(tool.call_id))
            self._report_tool(tool.name, tool.call_id, "timed_out")
            if tool.generation == self.generation and not self.lost:
                self._out.append(SendToolResult(tool.generation, tool.call_id, TIMED_OUT))
                self._owes_response = True
                self._respond_if_owed(now)
