"""The browser line: a person at a page, PCM16 24 kHz both ways over one WebSocket (docs/reference/http-api.md)."""

from .transport import BrowserTransport

__all__ = ["BrowserTransport"]
