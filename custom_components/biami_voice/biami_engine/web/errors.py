"""Errors as JSON: `{success: false, error: {code, message}}` with a right status."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from ..errors import BackendError, BiamiError, CallRefused, ConfigError, MissingDependency, NotFound, TransportError
from ..redaction import redact

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REFUSED_STATUS = {
    "rate_limited": 429,
    "too_many_calls": 429,
    "draining": 503,
    "blocked_by_policy": 403,
}
"""Statuses of `CallRefused` codes; any other is 400."""

_STATUS: tuple[tuple[type[BiamiError], int], ...] = (
    (NotFound, 404),
    (TransportError, 502),
    (BackendError, 502),
    (MissingDependency, 501),
    (ConfigError, 400),
)
_HTTP_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
RETRY_SECONDS = "60"


class ApiError(Exception):
    """A refusal of the HTTP layer itself."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        self.headers = headers or {}
        super().__init__(message)


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"success": False, "error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers=headers)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware: whatever a handler raises becomes an answer."""
    try:
        return await handler(request)
    except ApiError as error:
        return error_response(error.status, error.code, str(error), error.headers)
    except BiamiError as error:
        return _of_engine(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _HTTP_CODES.get(error.status, "error")
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return error_response(error.status, code, error.text or error.reason, allowed)
    except ConnectionResetError:
        _log.info("%s %s: the client left before it had sent everything", request.method, redact(request.path))
        return error_response(400, "incomplete", "the request ended in the middle")
    except Exception:
        _log.exception("%s %s failed", request.method, redact(request.path))
        return error_response(500, "internal_error", "the server failed to answer; its log says why")


def _of_engine(error: BiamiError) -> web.Response:
    if isinstance(error, CallRefused):
        status = REFUSED_STATUS.get(error.code, 400)
        headers = {"Retry-After": RETRY_SECONDS} if status in (429, 503) else None
        return error_response(status, error.code, str(error), headers)
    if error.code == "store_unavailable":
        return error_response(503, error.code, str(error), {"Retry-After": RETRY_SECONDS})
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return error_response(status, error.code, str(error))
