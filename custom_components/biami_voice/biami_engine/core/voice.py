"""The agent's words on their way to the caller: what is sent, held back, cut, heard, and written down as said.

A voice does not know why it is silenced; `Conversation` decides. After a clear nothing is sent until the leg has said
what was heard (`cleared`), so that positions are honest and a pause can go on where it stopped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ..audio.frame import Audio
from ..interface import Role
from .commands import ClearPlayback, Command, PlayToCaller, Report
from .playback import Playback
from .transcript import TranscriptBook

CLEARED_TIMEOUT_SECONDS = 0.6
"""How long a leg may take to say what was heard after a clear (a browser has to be asked)."""

MAX_HISTORY = 60

HOUSE_PREFIX = "say-"
"""Items that the house speaks itself; no backend knows them."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An item that will not be heard further, and how much of it was."""

    item_id: str
    heard_ms: float
    generated_ms: float


class AgentVoice:
    """Speaks to `leg`; `hearers` beside it get the same audio and decide nothing."""

    def __init__(self, leg: str, out: list[Command], on_cut: Callable[[Cut], None]) -> None:
        self.leg = leg
        self.playback = Playback(paused=True)
        self.book = TranscriptBook()
        self.first_item: str | None = None
        self.history: deque[tuple[Role, str]] = deque(maxlen=MAX_HISTORY)
        """What was said and heard so far, for a mind that comes later."""
        self.held_by_turn = False
        """The caller may be taking the turn: words wait."""
        self.withheld = False
        """It is not known yet who would hear them: words wait."""
        self._out = out
        self._on_cut = on_cut
        self._others: tuple[str, ...] = ()
        self._connected = False
        self._cut: list[str] = []
        self._cleared_by: float | None = None
        self._answered_at: float | None = None

    @property
    def next_deadline(self) -> float | None:
        return self._cleared_by

    @property
    def settling(self) -> bool:
        """A clear was sent and the leg has not said yet what was heard."""
        return self._cleared_by is not None

    def answered(self, now: float) -> None:
        self._answered_at = now

    def at_ms(self, now: float) -> int:
        """Milliseconds since the answer; 0 before it."""
        return 0 if self._answered_at is None else max(0, int((now - self._answered_at) * 1000))

    def set_hearers(self, hearers: tuple[str, ...], now: float) -> None:
        """Who hears the agent now; while its own caller does not (hold), its words wait."""
        self._connected = self.leg in hearers
        if not self._connected:
            self.hush(now)
        self._others = tuple(leg for leg in hearers if leg != self.leg)
        self.go_on()

    # --- words ---

    def say(self, item_id: str, audio: Audio, now: float) -> None:
        """More audio of an item; of a cut or forbidden one it is dropped."""
        if not self.playback.knows(item_id):
            self.book.begin(item_id, Role.AGENT, self.at_ms(now))
            if self.first_item is None:
                self.first_item = item_id
        if self.withheld and self.playback.heard_out:
            self.playback.paused = True
        self._send(self.playback.append(item_id, audio))

    def finish(self, item_id: str) -> None:
        """No more audio will come for this item."""
        self.playback.finish(item_id)
        self._settle_if_over(item_id)

    def played(self, wire_id: str, ms: float, now: float) -> str | None:
        """The leg heard so much; returns the item."""
        item_id = self.playback.played(wire_id, ms)
        if item_id is not None:
            if ms > 0:
                self.book.heard_from(item_id, self.at_ms(now - ms / 1000))
            self._settle_if_over(item_id)
        return item_id

    def write_down(self, item_id: str, role: Role, text: str, final: bool, now: float) -> None:
        """Text of an item of either side; a line is settled once its sound is over and its text is final."""
        if not self.book.add(item_id, role, text, final, self.at_ms(now)):
            return
        self._out.append(Report("transcript", {"item_id": item_id, "role": role.value, "text": text, "final": final}))
        if final and (role is not Role.AGENT or self._is_over(item_id)):
            self._settle(item_id)

    def settle_all(self) -> None:
        """The call is over: every line ends with what was heard of it."""
        for item_id in self.book.open_items():
            self._settle(item_id)

    # --- silence ---

    def hush(self, now: float) -> None:
        """Stop the sound; what was not heard is kept."""
        if self.playback.paused:
            return
        self.playback.paused = True
        self._cleared_by = now + CLEARED_TIMEOUT_SECONDS
        for leg in (self.leg, *self._others):
            self._out.append(ClearPlayback(leg))

    def cut_off(self) -> None:
        """What was not heard never will be; `on_cut` is told once positions are final."""
        self._cut += self.playback.cut()
        if not self.settling:
            self._tell_cuts()

    def drop(self, item_id: str, now: float) -> None:
        """Take back a sound that is no words."""
        self.playback.cut_one(item_id)
        self.hush(now)

    def go_on(self) -> None:
        """Send what waits, unless the caller is away or may be interrupting, or positions are not final yet."""
        waiting = self.settling or self.held_by_turn or self.withheld
        if self._connected and self.playback.paused and not waiting:
            self._send(self.playback.release())

    def cleared(self, leg: str) -> None:
        """The leg's positions are final."""
        if leg != self.leg or not self.settling:
            return
        self._cleared_by = None
        self.playback.rewind()
        self._tell_cuts()
        self.go_on()

    def time_passed(self, now: float) -> None:
        if self._cleared_by is not None and now >= self._cleared_by:
            self.cleared(self.leg)

    # -----------------------------------------------------------------------------------------------------------------

    def _send(self, due: list[tuple[str, Audio]]) -> None:
        for wire_id, audio in due:
            self._out.append(PlayToCaller(self.leg, wire_id, audio))
            for leg in self._others:
                self._out.append(PlayToCaller(leg, wire_id, audio))

    def _tell_cuts(self) -> None:
        cut, self._cut = self._cut, []
        for item_id in cut:
            heard, generated = self.playback.heard_ms(item_id), self.playback.generated_ms(item_id)
            self._on_cut(Cut(item_id, heard, generated))
            self._out.append(Report("interrupted", {"item_id": item_id, "heard_ms": int(heard)}))
            if self.book.has_text(item_id):
                self._settle(item_id)

    def _is_over(self, item_id: str) -> bool:
        return self.playback.is_finished(item_id) and item_id not in self._cut

    def _settle_if_over(self, item_id: str) -> None:
        if self._is_over(item_id) and self.book.is_final(item_id):
            self._settle(item_id)

    def _settle(self, item_id: str) -> None:
        line = self.book.settle(item_id, self.playback.heard_ms(item_id), self.playback.generated_ms(item_id))
        if line is not None:
            self.history.append((Role(str(line["role"])), str(line["text"])))
            self._out.append(Report("turn", {"item_id": item_id, **line}))
