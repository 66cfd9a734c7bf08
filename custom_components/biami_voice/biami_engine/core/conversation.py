"""The agent's half of a call: its words on their way to the caller, interruptions, tools, and the session behind it.

Everything is told to `out`, in order. A conversation has one generation of a backend at a time; what an older one still
says is dropped by its number, except words the house itself asked for (`Speak`).
"""

from __future__ import annotations

from ..audio.frame import Audio
from ..config import ContextConfig
from ..interface import Role
from . import events as ev
from .commands import (
    CancelResponse,
    CancelTool,
    ClearPlayback,
    CloseBackend,
    Command,
    OpenBackend,
    PlayToCaller,
    Report,
    RequestResponse,
    RunTool,
    SendToolResult,
    Speak,
    TruncateBackend,
)
from .playback import Playback
from .tool_calls import DEFAULT_TIMEOUT_SECONDS, TIMED_OUT, ToolCalls
from .transcript import TranscriptBook
from .turns import Decision, TurnTaking

CLEARED_TIMEOUT_SECONDS = 0.6
"""How long a leg may take to say what was heard after a clear (a browser has to be asked)."""

SPEAK_TIMEOUT_SECONDS = 10.0


class Conversation:
    """One caller (`leg`) and one agent. Further legs that hear the agent get the same audio but decide nothing."""

    def __init__(self, leg: str, context: ContextConfig, out: list[Command]) -> None:
        self.leg = leg
        self.context = context
        self.generation = 0
        self.opened = False
        self.lost = False
        self.turns = TurnTaking(context.turns)
        self.tools = ToolCalls()
        self.playback = Playback(paused=True)
        self._out = out
        self._hearers: tuple[str, ...] = ()
        self._connected = False
        self._book = TranscriptBook()
        self._answered_at: float | None = None
        self._responses: set[str] = set()
        self._speaking: dict[str, tuple[str, float]] = {}
        self._spoken = 0
        self._cut: list[str] = []
        self._cleared_by: float | None = None
        self._protected_item: str | None = None
        self._owes_response = False

    # --- state that the call asks for ---

    @property
    def audible(self) -> bool:
        """The caller hears the agent, or is about to."""
        return not self.playback.heard_out or bool(self._responses)

    @property
    def silent_for_good(self) -> bool:
        """Nothing is being said, nothing is left to hear, nothing was promised."""
        waiting = self._speaking or self._responses or self._cleared_by is not None or self.turns.candidate
        return self.playback.heard_out and not waiting

    @property
    def busy(self) -> bool:
        return self.audible or bool(self._speaking) or len(self.tools) > 0 or self.turns.caller_speaking

    @property
    def next_deadline(self) -> float | None:
        deadlines = [self.turns.next_deadline, self.tools.next_deadline, self._cleared_by]
        deadlines += [until for _, until in self._speaking.values()]
        return min((at for at in deadlines if at is not None), default=None)

    # --- the session behind it ---

    def open_backend(self, name: str | None) -> None:
        self.generation += 1
        self.opened = self.lost = False
        self._responses.clear()
        self._owes_response = False
        self._out.append(OpenBackend(self.generation, name))

    def replace_backend(self, name: str, now: float) -> None:
        """Another mind goes on: words already on their way are heard, open tools of the old one are cancelled."""
        self._close_generation(now)
        self.open_backend(name)

    def close(self, now: float) -> None:
        self._close_generation(now)
        for item_id in self._book.open_items():
            self._settle(item_id)

    def _close_generation(self, now: float) -> None:
        for tool in self.tools.drain():
            self._out.append(CancelTool(tool.call_id))
        if self.generation and not self.lost:
            self._out.append(CloseBackend(self.generation))
        self._responses.clear()

    def backend_lost(self) -> None:
        self.lost = True
        self.opened = False
        self._responses.clear()
        for tool in self.tools.drain():
            self._out.append(CancelTool(tool.call_id))

    # --- words of the agent ---

    def answered(self, now: float, hearers: tuple[str, ...]) -> None:
        """The caller is there: what was said while it rang is heard now."""
        self._answered_at = now
        self.set_hearers(hearers, now)

    def set_hearers(self, hearers: tuple[str, ...], now: float) -> None:
        """Who hears the agent now; while its own caller does not (hold), its words wait."""
        self._connected = self.leg in hearers
        if not self._connected:
            self._clear(now)
        self._hearers = tuple(leg for leg in hearers if leg != self.leg)
        self._resume()

    def agent_audio(self, item_id: str, audio: Audio, now: float) -> None:
        if not self.playback.knows(item_id):
            self._book.begin(item_id, Role.AGENT, self._at_ms(now))
            if self._protected_item is None:
                self._protected_item = item_id
        self._send(self.playback.append(item_id, audio))

    def audio_done(self, item_id: str) -> None:
        self.playback.finish(item_id)
        self._settle_if_over(item_id)

    def played(self, wire_id: str, ms: float) -> None:
        item_id = self.playback.played(wire_id, ms)
        if item_id is not None:
            self._settle_if_over(item_id)

    def response_started(self, response_id: str) -> None:
        self._responses.add(response_id)

    def response_done(self, response_id: str) -> None:
        self._responses.discard(response_id)
        self._respond_if_owed()

    def request_response(self, instructions: str | None = None) -> None:
        if not self.lost:
            self._out.append(RequestResponse(self.generation, instructions))

    def speak(self, text: str, now: float) -> None:
        """Say exactly this, after what is on its way already."""
        self._spoken += 1
        item_id = f"say-{self._spoken}"
        self._speaking[item_id] = (text, now + SPEAK_TIMEOUT_SECONDS)
        self._book.add(item_id, Role.AGENT, text, True, self._at_ms(now))
        self._out.append(Speak(self.generation, item_id, text))

    def speaks(self, item_id: str) -> bool:
        return item_id in self._speaking

    def spoken(self, item_id: str) -> None:
        """All audio of it has come; none came where the backend spoke in its own words, or nobody could."""
        if self._speaking.pop(item_id, None) is None:
            return
        if self.playback.knows(item_id):
            self.audio_done(item_id)
        else:
            self._book.discard(item_id)
            self.playback.forbid(item_id)

    def _send(self, due: list[tuple[str, Audio]]) -> None:
        for wire_id, audio in due:
            self._out.append(PlayToCaller(self.leg, wire_id, audio))
            for leg in self._hearers:
                self._out.append(PlayToCaller(leg, wire_id, audio))

    # --- turns ---

    def speech_started(self, now: float, ago_ms: float = 0.0) -> None:
        self._obey(self.turns.speech_started(now, ago_ms, self.audible, self._protected), now)

    def speech_stopped(self, now: float, ago_ms: float = 0.0) -> None:
        self._obey(self.turns.speech_stopped(now, ago_ms), now)

    @property
    def _protected(self) -> bool:
        if not self.context.turns.protect_first_sentence:
            return False
        return self._protected_item is None or not self.playback.is_finished(self._protected_item)

    def _obey(self, decision: Decision | None, now: float) -> None:
        if decision is Decision.PAUSE:
            self._clear(now)
        elif decision is Decision.CONFIRM:
            self.interrupt(now)
        elif decision is Decision.RESUME:
            self._resume()

    def end_turns(self) -> None:
        """From now on nobody interrupts: the last words are heard."""
        self.turns.drop_candidate()
        self._resume()

    def interrupt(self, now: float) -> None:
        """The caller takes the turn: clear first, then cancel; truncation follows when the leg says what was heard."""
        self._clear(now)
        if self._responses and not self.lost:
            self._out.append(CancelResponse(self.generation))
        for item_id in self._speaking:
            self.playback.forbid(item_id)
        self._speaking.clear()
        self._cut += self.playback.cut()
        if self._cleared_by is None:
            self._truncate()
            self._resume()

    def _clear(self, now: float) -> None:
        if self.playback.paused:
            return
        self.playback.paused = True
        self._cleared_by = now + CLEARED_TIMEOUT_SECONDS
        for leg in (self.leg, *self._hearers):
            self._out.append(ClearPlayback(leg))

    def cleared(self, leg: str) -> None:
        """The leg's positions are final."""
        if leg != self.leg or self._cleared_by is None:
            return
        self._cleared_by = None
        self.playback.rewind()
        self._truncate()
        self._resume()

    def _truncate(self) -> None:
        for item_id in self._cut:
            heard, generated = self.playback.heard_ms(item_id), self.playback.generated_ms(item_id)
            ours = item_id.startswith("say-")
            if heard < generated and not ours and not self.lost:
                self._out.append(TruncateBackend(self.generation, item_id, int(heard)))
            self._out.append(Report("interrupted", {"item_id": item_id, "heard_ms": int(heard)}))
            if self._book.has_text(item_id):
                self._settle(item_id)
        self._cut = []

    def _resume(self) -> None:
        """Go on speaking, unless the caller is away, may be interrupting, or its leg has yet to say what was heard."""
        if self._connected and self.playback.paused and self._cleared_by is None and not self.turns.candidate:
            self._send(self.playback.release())

    # --- text ---

    def caller_turn_began(self, item_id: str, now: float) -> None:
        """The text of this turn may come much later; its place in the conversation is here."""
        self._book.begin(item_id, Role.CALLER, self._at_ms(now))

    def transcript(self, item_id: str, role: Role, text: str, final: bool, now: float) -> None:
        if not self._book.add(item_id, role, text, final, self._at_ms(now)):
            return
        self._out.append(Report("transcript", {"item_id": item_id, "role": role.value, "text": text, "final": final}))
        if final:
            self._settle_if_over(item_id, role)

    def _settle_if_over(self, item_id: str, role: Role = Role.AGENT) -> None:
        over = role is not Role.AGENT or (self.playback.is_finished(item_id) and item_id not in self._cut)
        if over and self._book.is_final(item_id):
            self._settle(item_id)

    def _settle(self, item_id: str) -> None:
        line = self._book.settle(item_id, self.playback.heard_ms(item_id), self.playback.generated_ms(item_id))
        if line is not None:
            self._out.append(Report("turn", {"item_id": item_id, **line}))

    def _at_ms(self, now: float) -> int:
        return max(0, int((now - self._answered_at) * 1000)) if self._answered_at is not None else 0

    # --- tools ---

    def tool_requested(self, event: ev.ToolRequested, now: float) -> None:
        if self.tools.request(event.call_id, event.generation, event.name, now, DEFAULT_TIMEOUT_SECONDS):
            self._out.append(RunTool(event.call_id, event.name, event.arguments, DEFAULT_TIMEOUT_SECONDS))
            self._out.append(Report("tool", {"name": event.name, "call_id": event.call_id, "state": "started"}))

    def tool_finished(self, event: ev.ToolFinished) -> bool:
        """Hand the result on; False where the call was closed before."""
        tool = self.tools.finish(event.call_id)
        if tool is None:
            return False
        state = "failed" if event.failed else "done"
        self._out.append(Report("tool", {"name": tool.name, "call_id": tool.call_id, "state": state}))
        if tool.generation == self.generation and not self.lost:
            self._out.append(SendToolResult(tool.generation, tool.call_id, event.output))
            self._owes_response = event.effect is None
            self._respond_if_owed()
        return True

    def _respond_if_owed(self) -> None:
        """One answer after the last result and after the response that asked is over (protocols 2.8)."""
        if self._owes_response and not self._responses and not self.tools.outstanding(self.generation):
            self._owes_response = False
            self.request_response()

    # --- time ---

    def time_passed(self, now: float) -> None:
        self._obey(self.turns.time_passed(now), now)
        if self._cleared_by is not None and now >= self._cleared_by:
            self.cleared(self.leg)
        for item_id, (_, until) in list(self._speaking.items()):
            if now >= until:
                self.spoken(item_id)
        for tool in self.tools.expired(now):
            self._out.append(CancelTool(tool.call_id))
            self._out.append(Report("tool", {"name": tool.name, "call_id": tool.call_id, "state": "timed_out"}))
            if tool.generation == self.generation and not self.lost:
                self._out.append(SendToolResult(tool.generation, tool.call_id, TIMED_OUT))
                self._owes_response = True
                self._respond_if_owed()
