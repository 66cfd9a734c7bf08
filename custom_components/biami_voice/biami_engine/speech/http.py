"""Requests to the servers of a mind: one pool of connections while calls run, and their refusals in our words."""

from __future__ import annotations

import json

import aiohttp

from ..errors import BackendError

CONNECT_SECONDS = 5.0


class HttpPool:
    """Connections stay open from sentence to sentence; the last user to leave closes them."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._users = 0

    def enter(self) -> None:
        self._users += 1

    async def leave(self) -> None:
        self._users -= 1
        if self._users == 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """Between `enter` and `leave`."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


def bearer(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


async def raise_for_refusal(response: aiohttp.ClientResponse, who: str) -> None:
    """An answer that is none becomes a `BackendError`; 429 and 5xx may pass."""
    if response.status < 400:
        return
    body = (await response.content.read(4096)).decode("utf-8", "replace")
    retriable = response.status >= 500 or response.status in (408, 429)
    raise BackendError(f"{who} answered {response.status}: {refusal_text(body)}".rstrip(": "), retriable)


def refusal_text(body: str) -> str:
    """The sentence in an error's body: OpenAI's `error.message`, or what others send instead."""
    try:
        error = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:200]
    for key in ("error", "message", "detail"):
        if isinstance(error, dict) and key in error:
            error = error[key]
    return str(error)[:200]


def unreachable(who: str, error: BaseException) -> BackendError:
    """aiohttp's and the system's own errors, as one of ours."""
    return BackendError(f"{who} cannot be reached: {error or type(error).__name__}", retriable=True)
