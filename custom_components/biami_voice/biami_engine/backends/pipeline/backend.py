"""Builds the stages of a cascade from its options and opens its sessions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ...audio.frame import PCM16_8K, PCM16_16K, PCM16_24K, PCMA_8K, PCMU_8K
from ...config import BackendConfig
from ...config_schema.values import is_loopback
from ...errors import BiamiError, MissingDependency
from ...speech.http import HttpPool
from ...speech.stages import StageServices, WarmUp, synthesiser, transcriber
from ..offline.ear import Ear
from ..port import BackendCapabilities, BackendServices, BackendSession, SessionSetup
from .chat import ChatModel, LlmOptions
from .session import PipelineSession
from .spare import SpareSession, open_spare
from .speaking import Mouth
from .understanding import Reader, Understanding

FORMATS = (PCM16_16K, PCM16_24K, PCMU_8K, PCMA_8K, PCM16_8K)
ASK_AGAIN = {
    "de": "Das habe ich leider nicht verstanden. Können Sie das bitte wiederholen?",
    "en": "Sorry, I did not catch that. Could you say it again?",
    "es": "Perdone, no le he entendido. ¿Puede repetirlo?",
    "fr": "Pardon, je n'ai pas compris. Pouvez-vous répéter ?",
    "it": "Mi scusi, non ho capito. Può ripetere?",
}
STT_SECONDS, TTS_SECONDS = 8.0, 8.0
HANG_OVER_MS = 450
"""Silence that ends a turn; who goes on after it interrupts the answer and is heard out."""
OFFLINE: Sequence[Mapping[str, Any]] = ({"type": "offline"},)
ENGLISH = frozenset({"en"})
"""Of the house's own recogniser and voices."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class PipelineBackend:
    """Options: `llm`; `stt` and `tts`, stages in the order in which they are tried; see `config_schema`."""

    def __init__(self, config: BackendConfig, services: BackendServices) -> None:
        options = config.options
        self._name = config.name
        self._services = services
        self._http = HttpPool()
        stages = StageServices(services.speech, self._http, services.config_dir)
        self._missing: MissingDependency | None = None
        stt, tts = (options.get(key) or OFFLINE for key in ("stt", "tts"))
        self._ears = self._built(transcriber, stt, stages)
        self._voices = self._built(synthesiser, tts, stages)
        llm = LlmOptions(**options["llm"])
        self._model = ChatModel(llm, self._http)
        self._reads_early = all(stage["type"] != "openai" for stage in stt)
        self._hang_over_ms = float(options.get("hang_over_ms", HANG_OVER_MS))
        self._stt_seconds = float(options.get("stt_seconds", STT_SECONDS))
        self._tts_seconds = float(options.get("tts_seconds", TTS_SECONDS))
        self._ask_again = str(options.get("ask_again", ""))
        self._fallback = str(options.get("fallback", ""))
        self._remote = not is_loopback(urlsplit(llm.base_url).hostname or "")
        self.capabilities = BackendCapabilities(
            input_formats=FORMATS,
            output_formats=FORMATS,
            truncates=True,
            tools=True,
            transcripts=True,
            speaks_to_order=True,
            remote=self._remote,
            usage_kind="tokens",
            languages=ENGLISH if _all_offline(stt) or _all_offline(tts) else None,
        )

    async def open(self, setup: SessionSetup) -> BackendSession:
        """Raises `MissingDependency` where no stage of a kind can be had."""
        if self._missing is not None:
            raise self._missing
        ear = Ear(setup.input_format, lambda: self._hang_over_ms)
        self._http.enter()
        language = setup.language.partition("-")[0]
        session = PipelineSession(
            setup,
            ear,
            Reader(Understanding(setup, self._ears, self._stt_seconds), self._reads_early),
            self._model,
            partial(Mouth, setup, self._voices, self._tts_seconds),
            self._ask_again or ASK_AGAIN.get(language, ASK_AGAIN["en"]),
            self._remote,
            self._http.leave,
        )
        if not self._fallback:
            return session
        return SpareSession(session, partial(open_spare, self._name, self._fallback, setup, self._services))

    async def warm_up(self) -> None:
        """The stages that a call begins with load their models and find their servers."""
        for stage in (*self._ears[:1], *self._voices[:1]):
            if isinstance(stage, WarmUp):
                try:
                    await stage.warm_up()
                except BiamiError as error:
                    _log.warning("backends.%s: %s", self._name, error)

    def _built(
        self,
        build: Callable[[str, Mapping[str, Any], StageServices], T],
        stages: Sequence[Mapping[str, Any]],
        services: StageServices,
    ) -> list[T]:
        """Those that can be had; the daemon starts without the others, and says so."""
        built = []
        lacking: MissingDependency | None = None
        for stage in stages:
            options = {key: value for key, value in stage.items() if key != "type"}
            try:
                built.append(build(stage["type"], options, services))
            except MissingDependency as error:
                _log.warning("backends.%s: %s", self._name, error)
                lacking = lacking or error
        if not built:
            self._missing = self._missing or lacking
        return built


def _all_offline(stages: Sequence[Mapping[str, Any]]) -> bool:
    return all(stage["type"] == "offline" for stage in stages)
