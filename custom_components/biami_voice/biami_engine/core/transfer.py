"""Passing the caller on: asked for by a tool, done once the last words were heard, undone where nobody takes it."""

from __future__ import annotations

LAST_WORDS_SECONDS = 8.0
"""How long the agent's last words may take before the caller is passed on all the same."""


class Transfer:
    """At most one at a time. `contact` is who is to take the caller."""

    __slots__ = ("contact", "next_deadline", "under_way")

    def __init__(self) -> None:
        self.contact: str | None = None
        self.under_way = False
        self.next_deadline: float | None = None

    def ask(self, contact: str, now: float) -> None:
        if self.contact is None and contact:
            self.contact = contact
            self.next_deadline = now + LAST_WORDS_SECONDS

    def take(self, now: float, silent: bool) -> str | None:
        """Once: the contact to pass the caller on to now."""
        if self.contact is None or self.under_way:
            return None
        if not silent and (self.next_deadline is None or now < self.next_deadline):
            return None
        self.under_way = True
        self.next_deadline = None
        return self.contact

    def over(self) -> str | None:
        """It failed; returns the contact that was to take the caller."""
        contact, self.contact = self.contact, None
        self.under_way = False
        self.next_deadline = None
        return contact
