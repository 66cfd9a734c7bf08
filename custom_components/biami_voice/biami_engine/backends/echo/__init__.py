"""Says back what it hears: tries a line without an account, a key or a voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K
from ...config import BackendConfig
from ..port import BackendCapabilities, BackendServices, SessionSetup

if TYPE_CHECKING:
    from .session import EchoSession

FORMATS = (PCMU_8K, PCM16_24K, PCM16_16K, PCMA_8K, PCM16_8K)


class EchoBackend:
    """Option `delay_ms`: how long it waits before it answers."""

    capabilities = BackendCapabilities(input_formats=FORMATS, output_formats=FORMATS, transcripts=True)

    def __init__(self, config: BackendConfig, services: BackendServices) -> None:
        self._delay_seconds = float(config.options.get("delay_ms", 0)) / 1000
        self._clock = services.clock

    async def open(self, setup: SessionSetup) -> EchoSession:
        from .session import EchoSession  # numpy comes with it: a daemon without calls needs none

        return EchoSession(setup, self._clock, self._delay_seconds)
