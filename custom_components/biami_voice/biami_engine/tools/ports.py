"""What a host must lend to the tools.

A tool names what it needs as a keyword-only parameter: `*, call: CallControl`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from ..interface import Clock


class CallControl(Protocol):
    """The call the agent is in; plain functions that never wait."""

    def send_dtmf(self, digits: str) -> None:
        """Press keys towards the far end; characters 0-9 A-D * # and w W (pauses of 0.5 and 1 s)."""
        ...


@dataclass(frozen=True, slots=True)
class ToolPorts:
    """The field's name is the tool's parameter; a port that is None cannot be asked for."""

    call: CallControl | None = None
    clock: Clock | None = None
    time_zone: tzinfo | None = None
    """Where the house stands; None: the machine's own zone."""
