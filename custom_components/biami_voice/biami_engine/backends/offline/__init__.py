"""A conversation from what is installed on this machine: no key, no account, no internet. English."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ...audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K
from ...config import BackendConfig
from ...errors import BackendError, BiamiError
from ..port import BackendCapabilities, BackendServices, SessionSetup

if TYPE_CHECKING:
    from .session import OfflineSession

_log = logging.getLogger(__name__)

FORMATS = (PCMU_8K, PCM16_24K, PCM16_16K, PCMA_8K, PCM16_8K)
INSTALL = 'pip install "biami-voice[local]"'
NEEDED = ("hassil", "home_assistant_intents", "rapidfuzz")


class OfflineBackend:
    """Building one loads nothing and never fails: whatever is missing is said when it is opened or warmed up."""

    capabilities = BackendCapabilities(
        input_formats=FORMATS,
        output_formats=FORMATS,
        truncates=True,
        tools=True,
        transcripts=True,
        speaks_to_order=True,
        languages=frozenset({"en"}),
    )

    def __init__(self, config: BackendConfig, services: BackendServices) -> None:
        self._options = dict(config.options)
        self._services = services
        self._ready = False

    async def warm_up(self) -> None:
        """Two seconds of processor time and 314 MB; raises `BackendError` with one sentence for the user."""
        missing = [package for package in NEEDED if find_spec(package) is None]
        if missing:
            raise BackendError(f"the offline backend needs {' and '.join(missing)}: {INSTALL}, or use another backend")
        from .warm import load

        try:
            await load(self._services.speech, self._options.get("voice", ""), self._options.get("recogniser", ""))
        except BackendError:
            raise
        except BiamiError as error:
            raise BackendError(f"{error}; or use another backend") from error
        self._ready = True

    async def open(self, setup: SessionSetup) -> OfflineSession:
        """Waits for the warm-up where it is not over yet."""
        if not self._ready:
            await self.warm_up()
        from .session import OfflineSession, Settings

        return OfflineSession(setup, self._services, Settings(**self._options))
