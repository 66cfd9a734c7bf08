"""The conversation as the model is shown it: what the caller said, and of the agent's words those that were heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.transcript import heard_part
from ...interface import Role
from .calls import ToolCall, is_object

MAX_ENTRIES = 200
"""Of a longer conversation the beginning is forgotten."""
MS_PER_CHARACTER = 60.0
"""How long a sentence will be whose sound was broken off."""
BEGINNING = "[The call has been answered.]"
"""Many chat templates want a user's message before an assistant's."""
UNANSWERED = '{"error": "The tool was stopped."}'


@dataclass(slots=True)
class _Sentence:
    text: str
    ms: float = 0.0
    whole: bool = False

    @property
    def length_ms(self) -> float:
        return self.ms if self.whole else max(self.ms, MS_PER_CHARACTER * len(self.text))


@dataclass(slots=True, eq=False)
class AgentTurn:
    """One completion: its sentences as far as they have a sound, then its tool calls and their results."""

    sentences: list[_Sentence] = field(default_factory=list)
    calls: Sequence[ToolCall] = ()
    results: dict[str, str] = field(default_factory=dict)
    heard_ms: float | None = None
    """None: to its end."""

    @property
    def generated_ms(self) -> float:
        return sum(sentence.ms for sentence in self.sentences)

    def begin(self, text: str) -> None:
        self.sentences.append(_Sentence(text))

    def sounded(self, ms: float) -> None:
        """More sound of the last sentence."""
        self.sentences[-1].ms += ms

    def end(self) -> None:
        """The last sentence has all its sound."""
        self.sentences[-1].whole = True

    def cut(self, heard_ms: float) -> None:
        self.heard_ms = min(max(0.0, heard_ms), self.generated_ms)

    def text(self) -> str:
        left = self.generated_ms if self.heard_ms is None else self.heard_ms
        parts = []
        for sentence in self.sentences:
            parts.append(heard_part(sentence.text, max(0.0, left), sentence.length_ms))
            left -= sentence.ms
        return " ".join(part for part in parts if part)

    def messages(self) -> list[dict[str, Any]]:
        """Arguments that are no JSON are not shown again: servers that parse them would refuse the conversation."""
        text = self.text()
        if not self.calls:
            return [{"role": "assistant", "content": text}] if text else []
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments if is_object(call.arguments) else "{}"},
            }
            for call in self.calls
        ]
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": self.results.get(call.id, UNANSWERED)}
            for call in self.calls
        ]
        return [{"role": "assistant", "content": text or None, "tool_calls": calls}, *results]


@dataclass(slots=True)
class _UserTurn:
    text: str
    role: Role


class History:
    """`awaits_answer`: something came in since the agent spoke last."""

    def __init__(self, instructions: str) -> None:
        self._instructions = instructions
        self._turns: deque[AgentTurn | _UserTurn] = deque(maxlen=MAX_ENTRIES)
        self._by_item: dict[str, AgentTurn] = {}
        self.awaits_answer = True

    def add(self, role: Role, text: str) -> None:
        """The caller's words; the agent's of a former session; a note of the house in brackets."""
        if role is Role.AGENT:
            turn = AgentTurn()
            turn.begin(text)
            turn.end()
            self._turns.append(turn)
            self.awaits_answer = False
            return
        self._turns.append(_UserTurn(text, role))
        self.awaits_answer = True

    def agent_turn(self, item_id: str) -> AgentTurn:
        """What the agent begins to say now."""
        turn = self._by_item[item_id] = AgentTurn()
        self._turns.append(turn)
        self.awaits_answer = False
        while len(self._by_item) > MAX_ENTRIES:
            self._by_item.pop(next(iter(self._by_item)))
        return turn

    def settle(self, turn: AgentTurn) -> None:
        """Its response is over. One that was broken off before it said or asked anything answered nothing."""
        if not turn.generated_ms and not turn.calls:
            if turn in self._turns:
                self._turns.remove(turn)
            self.awaits_answer = True

    def truncate(self, item_id: str, heard_ms: float) -> None:
        turn = self._by_item.get(item_id)
        if turn is not None:
            turn.cut(heard_ms)

    def tool_result(self, call_id: str, output: str) -> None:
        """Of an open call of any turn; others are nobody's."""
        for turn in reversed(self._turns):
            if isinstance(turn, AgentTurn) and any(call.id == call_id for call in turn.calls):
                turn.results[call_id] = output
                self.awaits_answer = True
                return

    def lines(self) -> list[tuple[Role, str]]:
        """Who said what, for another mind to go on."""
        return [
            (turn.role, turn.text) if isinstance(turn, _UserTurn) else (Role.AGENT, text)
            for turn in self._turns
            if (text := turn.text if isinstance(turn, _UserTurn) else turn.text())
        ]

    def messages(self, note: str | None = None) -> list[dict[str, Any]]:
        """For `/v1/chat/completions`. `note` is an instruction for the next answer alone."""
        messages: list[dict[str, Any]] = []
        if self._instructions:
            messages.append({"role": "system", "content": self._instructions})
        _append_user(messages, BEGINNING)
        for turn in self._turns:
            if isinstance(turn, AgentTurn):
                messages += turn.messages()
            else:
                _append_user(messages, turn.text if turn.role is Role.CALLER else f"[{turn.text.strip('[]')}]")
        if note:
            _append_user(messages, f"[{note}]")
        return messages


def _append_user(messages: list[dict[str, Any]], text: str) -> None:
    """Strict chat templates refuse two user messages in a row."""
    if messages and messages[-1]["role"] == "user":
        messages[-1]["content"] += f"\n{text}"
    else:
        messages.append({"role": "user", "content": text})
