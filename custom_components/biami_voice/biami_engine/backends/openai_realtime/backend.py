"""Opens Realtime sessions: address, key, payload (OpenAI Realtime: connecting; Azure and compatible servers differ)."""

from __future__ import annotations

from urllib.parse import quote

from ...audio.frame import PCM16_24K, PCMA_8K, PCMU_8K
from ...config import BackendConfig
from ...errors import BackendError
from ..port import BackendCapabilities, BackendServices, BackendSession, SessionSetup
from ..websocket import connect
from . import payload
from .models import DEFAULT_MODEL, model_named
from .profiles import PROFILES
from .session import RealtimeSession

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_SCHEMES = {"http://": "ws://", "https://": "wss://"}


def socket_url(base_url: str, model: str) -> str:
    """`wss://…/realtime?model=…` from an http, https, ws or wss base."""
    base = base_url.rstrip("/")
    for scheme, socket_scheme in _SCHEMES.items():
        if base.startswith(scheme):
            base = socket_scheme + base.removeprefix(scheme)
    return f"{base}/realtime?model={quote(model)}"


class OpenAIRealtimeBackend:
    def __init__(self, config: BackendConfig, services: BackendServices) -> None:
        options = dict(config.options)
        self._clock = services.clock
        self._key = str(options.pop("api_key", ""))
        self._model = model_named(str(options.pop("model", DEFAULT_MODEL)))
        self._url = socket_url(str(options.pop("base_url", DEFAULT_BASE_URL)), self._model.name)
        profile = str(options.pop("profile", "openai"))
        self._shape = PROFILES[profile]
        self._key_header = str(options.pop("key_header", "api-key" if profile == "azure" else "Authorization"))
        formats = (PCM16_24K, PCMU_8K, PCMA_8K) if options.pop("g711", True) else (PCM16_24K,)
        self._options = payload.SessionOptions(**options)
        self.capabilities = BackendCapabilities(
            input_formats=formats,
            output_formats=formats,
            detects_turns=self._options.turn_detection != "none",
            truncates=True,
            tools=True,
            transcripts=True,
            speaks_to_order=True,
            remote=True,
            usage_kind="tokens",
        )

    async def open(self, setup: SessionSetup) -> BackendSession:
        session = RealtimeSession(setup, self._clock)
        socket = await connect(self._url, self._headers(), self._clock, session.on_message, session.on_close)
        session.attach(socket)
        try:
            await session.configure(payload.session(self._model, self._options, setup), self._shape)
        except TimeoutError:
            socket.abort()
            raise BackendError("the model's server did not confirm the session in time", retriable=True) from None
        except BaseException:
            socket.abort()
            raise
        return session

    def _headers(self) -> dict[str, str]:
        """Azure wants the bare key in `api-key`; everyone else a bearer token. Never `OpenAI-Beta` (2.9)."""
        bearer = self._key_header.lower() == "authorization"
        return {self._key_header: f"Bearer {self._key}" if bearer else self._key}
