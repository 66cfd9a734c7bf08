"""Who says the first word, and when."""

from __future__ import annotations

from ..config import ContextConfig

LISTEN_FIRST_SECONDS = 1.5
"""`listen_then_speak`: the caller's time to say the first word."""
GREET_EXACTLY = 'Say exactly: "{}"'


class Opening:
    """Plans the agent's first words once the call is answered; `due` says them once, when a mind is there."""

    __slots__ = ("_context", "_over", "listens_until")

    def __init__(self, context: ContextConfig) -> None:
        self._context = context
        self._over = context.opening == "wait_for_caller"
        self.listens_until: float | None = None

    def answered(self, now: float) -> None:
        if self._context.opening == "listen_then_speak" and not self._over:
            self.listens_until = now + LISTEN_FIRST_SECONDS

    def caller_spoke(self) -> None:
        """The caller was first: the answer is the opening."""
        if self.listens_until is not None:
            self.give_up()

    def time_passed(self, now: float) -> None:
        if self.listens_until is not None and now >= self.listens_until:
            self.listens_until = None

    def give_up(self) -> None:
        self._over = True
        self.listens_until = None

    def take(self) -> bool:
        """True once: the first words are due now."""
        if self._over or self.listens_until is not None:
            return False
        self._over = True
        return True

    @property
    def instructions(self) -> str | None:
        first = self._context.first_sentence
        return GREET_EXACTLY.format(first) if first else None
