"""Spoken conversations: a synthesised caller talks with the agent, and what comes of each sentence is judged."""

from .script import Line, Talk, held_out, read_talks

__all__ = ["Line", "Talk", "held_out", "read_talks"]
