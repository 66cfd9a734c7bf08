"""Every error the engine raises on purpose.

BiamiError
├── ConfigError          a setting is wrong: `path` names the key, `source` the file and line where known
│   └── ConfigErrors     several are: `errors` has each
├── CallRefused          the call was not placed: `code` is stable, nothing was dialled
├── NotFound             no such call, line, context, …
├── MissingDependency    an optional package or program is not installed: says what to install
├── TransportError       the line's other side refused or failed (their fault)
└── BackendError         the model's side refused or failed (their fault)

Our fault raises; the peer's fault in a running call becomes an event (`LegLost`, `BackendLost`) and one log line.
"""

from __future__ import annotations

from collections.abc import Sequence


class BiamiError(Exception):
    """A failure that can be told to the user in one sentence."""

    code = "error"


class ConfigError(BiamiError):
    """A setting is wrong. `path` is the key path (`lines.office.number`), `source` is `file:line` where known."""

    code = "invalid_config"

    def __init__(self, message: str, path: str = "", source: str = "") -> None:
        self.message = message
        self.path = path
        self.source = source
        where = ": ".join(part for part in (source, path) if part)
        super().__init__(f"{where}: {message}" if where else message)


class ConfigErrors(ConfigError):
    """Everything that is wrong with a configuration, so that it can be mended in one go."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


class CallRefused(BiamiError):
    """The call was not placed and cost nothing; `code` says which rule (`invalid_number`, `unknown_line`, …)."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class NotFound(BiamiError):
    """No such call, line or context."""

    code = "not_found"


class MissingDependency(BiamiError):
    """An optional package or program is missing; the message says what to install."""

    code = "missing_dependency"


class TransportError(BiamiError):
    """The line's other side refused or failed. `provider_code` is theirs (Twilio: 21211), `status` the HTTP status."""

    code = "carrier_error"

    def __init__(self, message: str, provider_code: int | None = None, status: int | None = None) -> None:
        self.provider_code = provider_code
        self.status = status
        super().__init__(message)


class BackendError(BiamiError):
    """The model's side refused or failed; `retriable` says whether another try may help."""

    code = "backend_error"

    def __init__(self, message: str, retriable: bool = False) -> None:
        self.retriable = retriable
        super().__init__(message)
