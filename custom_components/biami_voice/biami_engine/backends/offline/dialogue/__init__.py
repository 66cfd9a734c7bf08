"""A conversation without a language model: words in, words and tool calls out; no I/O, no clock, no sound."""

from .agent import Dialogue
from .knowledge import Knowledge
from .state import State, ToolUse, Turn

__all__ = ["Dialogue", "Knowledge", "State", "ToolUse", "Turn"]
