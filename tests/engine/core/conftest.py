"""A driver for `CallSession`: events in, commands out, with an ear that hears what it is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from biami_engine.audio.frame import PCMU_8K, Audio
from biami_engine.config import ContextConfig, TurnConfig
from biami_engine.core import commands as cmd
from biami_engine.core import events as ev
from biami_engine.core.session import CallSession, CallSetup
from biami_engine.interface import Direction, RejectReason

LEG = "leg"
BELIEVING = ContextConfig("c", turns=TurnConfig(confirm_ms=0))
"""Every interruption is believed at once."""


class Driver:
    """`told` is every command so far; `now` moves only where a test moves it."""

    def __init__(self, setup: CallSetup) -> None:
        self.session = CallSession(setup)
        self.now = 100.0
        self.told: list[cmd.Command] = []
        self.last = self._keep(self.session.start(self.now))

    def _keep(self, commands: list[cmd.Command]) -> list[cmd.Command]:
        self.told += commands
        self.last = commands
        return commands

    def hear(self, *events: ev.CallEvent) -> list[cmd.Command]:
        """Feed events at the present moment; the commands of all of them."""
        out: list[cmd.Command] = []
        for event in events:
            out += self._keep(self.session.receive(event, self.now))
        return out

    def go_live(self) -> list[cmd.Command]:
        return self.hear(ev.Answered(LEG), ev.BackendOpened(1))

    def wait(self, seconds: float) -> list[cmd.Command]:
        """Let time pass, stopping at every deadline on the way."""
        until = self.now + seconds
        out: list[cmd.Command] = []
        while (due := self.session.next_deadline) is not None and due <= until:
            self.now = max(self.now, due)
            out += self.hear(ev.TimePassed())
        self.now = until
        return out

    def of(self, kind: type) -> list[cmd.Command]:
        return [command for command in self.told if isinstance(command, kind)]


def sound(ms: float) -> Audio:
    return Audio.silence(PCMU_8K, ms)


@pytest.fixture
def audio() -> Callable[[float], Audio]:
    return sound


@pytest.fixture
def call() -> Callable[..., Driver]:
    def make(
        context: ContextConfig | None = None,
        direction: Direction = Direction.INBOUND,
        reject: RejectReason | None = None,
        max_call_seconds: float = 900,
    ) -> Driver:
        return Driver(CallSetup(LEG, direction, context or BELIEVING, max_call_seconds, None, reject))

    return make


@pytest.fixture(scope="session")
def make_call() -> Callable[..., Driver]:
    """The same for hypothesis, whose examples share one fixture."""

    def make(context: ContextConfig, direction: Direction = Direction.INBOUND) -> Driver:
        return Driver(CallSetup(LEG, direction, context, 900))

    return make
