"""A tool of the user's own that asks a web service: written in the configuration, no code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from ..config import HttpToolConfig
from ..errors import BiamiError, ConfigError
from .arguments import ArgumentError
from .json_schema import check, schema_faults
from .template import fill_body, fill_header, fill_url, names_in
from .tool import ToolDefinition

MAX_RESPONSE_BYTES = 256 * 1024
MAX_ERROR_CHARACTERS = 300
HOUSE_VALUES = ("call_id", "caller_number", "caller_name")
"""Placeholders that the house fills in, whatever the model says."""

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class HttpToolError(BiamiError):
    """The service did not answer as hoped."""

    code = "http_tool_error"


class HttpClient:
    """One connection pool for all tools, opened at the first request; no cookies, no redirects."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    def session(self) -> ClientSession:
        if self._session is None or self._session.closed:
            self._session = ClientSession(cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=60))
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@dataclass(frozen=True, slots=True)
class HttpTool:
    config: HttpToolConfig
    client: HttpClient
    house: Mapping[str, str]
    """Values for `HOUSE_VALUES`."""
    effect: None = None
    effect_data: tuple[str, ...] = ()

    @property
    def definition(self) -> ToolDefinition:
        config = self.config
        return ToolDefinition(config.name, config.description, _schema(config), config.timeout_seconds, config.preamble)

    async def call(self, arguments_json: str) -> Any:
        values = {**self._arguments(arguments_json), **self.house}
        config = self.config
        url = URL(fill_url(config.url, values), encoded=True)
        headers = {name: fill_header(text, values) for name, text in config.headers.items()}
        body = None if config.body is None else fill_body(config.body, values)
        try:
            async with self.client.session().request(
                config.method, url, headers=headers, json=body, allow_redirects=False
            ) as response:
                return _result(response, await _read(response), config.result)
        except (ClientError, OSError) as error:
            raise HttpToolError(f"The service cannot be reached ({type(error).__name__}).") from None

    def _arguments(self, text: str) -> dict[str, Any]:
        try:
            values = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            raise ArgumentError("The arguments are not valid JSON.") from None
        check(_schema(self.config), values)
        return dict(values)


def check_http_tool(config: HttpToolConfig) -> None:
    """Raise `ConfigError` for what must fit together: placeholders, parameters, the path into the answer."""
    place = f"tools.http.{config.name}"
    if faults := schema_faults(_schema(config)):
        raise ConfigError("; ".join(faults), f"{place}.parameters")
    given = set(_schema(config)["properties"])
    if taken := given & set(HOUSE_VALUES):
        message = f"the house itself fills in {', '.join(sorted(taken))}: choose another name"
        raise ConfigError(message, f"{place}.parameters")
    scheme, _, rest = config.url.partition("://")
    host = re.split("[/?#]", rest, maxsplit=1)[0]
    if scheme not in ("http", "https") or not host or names_in(host):
        raise ConfigError("must begin with https:// and a host; an argument can only stand after it", f"{place}.url")
    for key, template in (("url", config.url), ("headers", config.headers), ("body", config.body)):
        if strange := names_in(template) - given - set(HOUSE_VALUES):
            raise ConfigError(f"there is no parameter {', '.join(sorted(strange))}", f"{place}.{key}")
    if isinstance(config.body, str):
        raise ConfigError("must be a section or a list, which is sent as JSON", f"{place}.body")
    try:
        steps_of(config.result or "$.all")
    except ValueError as error:
        raise ConfigError(str(error), f"{place}.result") from None


def _schema(config: HttpToolConfig) -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False, **config.parameters}


async def _read(response: ClientResponse) -> str:
    content = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise HttpToolError("The answer of the service is too long.")
    try:
        return content.decode(response.charset or "utf-8", errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def _result(response: ClientResponse, text: str, wanted: str) -> Any:
    if not response.ok or response.status >= 300:
        raise HttpToolError(f"The service answered {response.status}: {text[:MAX_ERROR_CHARACTERS].strip()}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if wanted:
            raise HttpToolError("The service did not answer with JSON.") from None
        return {"answer": text.strip()}
    return part_of(value, wanted) if wanted else value


def steps_of(path: str) -> list[str | int]:
    """`items[0].name` as steps; raises `ValueError` where it is no such path."""
    written = path.removeprefix("$").removeprefix(".")
    steps: list[str | int] = []
    end = 0
    for match in _STEP.finditer(written):
        if written[end : match.start()] not in ("", "."):
            break
        steps.append(match[1] if match[1] is not None else int(match[2]))
        end = match.end()
    if not steps or end != len(written):
        raise ValueError(f"{path!r} is not a path such as items[0].name")
    return steps


def part_of(value: Any, path: str) -> Any:
    """What lies under the path; `None` as data is a value, a missing step is a failure."""
    for step in steps_of(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise HttpToolError(f"The answer of the service has no {path}.") from None
    return value
