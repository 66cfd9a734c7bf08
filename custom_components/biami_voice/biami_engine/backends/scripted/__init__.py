"""A dialogue written in YAML: no account, no key. It hears that the caller spoke, not what, and answers in turn."""

from __future__ import annotations

from pathlib import Path

from ...audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K
from ...config import BackendConfig
from ...errors import BackendError
from ..port import BackendCapabilities, BackendServices, SessionSetup
from .loading import load_dialogue
from .session import ScriptedSession
from .voicing import Voicing

BUILT_IN = Path(__file__).with_name("default.yaml")
FORMATS = (PCMU_8K, PCM16_24K, PCM16_16K, PCMA_8K, PCM16_8K)


class ScriptedBackend:
    """Options: `dialogue`, a file beside the configuration (without it the built-in one), and `voice`."""

    def __init__(self, config: BackendConfig, services: BackendServices) -> None:
        chosen = config.options.get("dialogue")
        self.dialogue = load_dialogue(Path(services.config_dir, chosen) if chosen else BUILT_IN)
        self._voicing = Voicing(services.speech, config.options.get("voice") or self.dialogue.voice)
        self._clock = services.clock
        self.capabilities = BackendCapabilities(
            input_formats=FORMATS,
            output_formats=FORMATS,
            truncates=True,
            tools=True,
            transcripts=True,
            speaks_to_order=self._voicing.available,
        )

    async def open(self, setup: SessionSetup) -> ScriptedSession:
        missing = self.dialogue.missing(setup.variables)
        if missing:
            raise BackendError(f"{self.dialogue.source} needs a value for: {', '.join(missing)}")
        return ScriptedSession(self.dialogue, setup, self._clock, self._voicing)
