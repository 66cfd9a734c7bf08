"""What the language model's server gets wrong on purpose. Completions are counted from 1."""

from __future__ import annotations

from dataclasses import dataclass, field

ALWAYS = 10**9


@dataclass(slots=True)
class LlmFaults:
    """All off by default. Each strikes the next so many completions; `ALWAYS` never stops."""

    refuse: int = 0
    """Answered with `status`."""
    status: int = 500
    slow: int = 0
    """The first token takes `seconds`."""
    stalls: int = 0
    """Nothing more comes for `seconds` after `after_tokens`."""
    dies: int = 0
    """The connection breaks after `after_tokens`."""
    unreadable: int = 0
    """An event that is not JSON comes after `after_tokens`."""
    fails: int = 0
    """An error comes as an event after `after_tokens`."""
    seconds: float = 0.0
    after_tokens: int = 3
    no_stream_options: bool = False
    """An older server: 400 for the field."""
    no_max_tokens: bool = False
    """A newer one: 400 for the field."""
    careless: bool = False
    """As some compatible servers are: no index and no id in tool calls, no `[DONE]`, comments between events."""
    count: int = field(default=0, init=False)

    def strikes(self, name: str) -> bool:
        """Whether this fault hits now; it is one less then."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
