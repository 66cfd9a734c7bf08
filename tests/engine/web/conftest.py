"""A daemon's web side on a real port: an engine with a browser line and a loopback phone line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

import aiohttp
import pytest
from aiohttp import web

from biami_engine.config import (
    BackendConfig,
    BrowserLine,
    CallLogConfig,
    ContextConfig,
    EngineConfig,
    LimitsConfig,
    LoopbackLine,
    PolicyConfig,
)
from biami_engine.engine import LocalEngine
from biami_engine.interface import Clock
from biami_engine.transports.loopback import LoopbackTransport
from biami_engine.web.app import create_app

PATIENCE_SECONDS = 10.0


@dataclass
class Server:
    engine: LocalEngine
    url: str
    session: aiohttp.ClientSession
    runner: web.AppRunner

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """(status, JSON answer)."""
        async with self.session.request(method, self.url + path, **options) as response:
            return response.status, await response.json()

    async def initiate(self, **body: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/api/outbound/initiate", json={"to": "+15555551234", **body})

    @property
    def phones(self) -> LoopbackTransport:
        return cast(LoopbackTransport, self.engine.transports["phone"])


class Serve(Protocol):
    def __call__(self, config: EngineConfig, clock: Clock | None = None) -> Awaitable[Server]: ...


@pytest.fixture
def config(tmp_path: Path) -> EngineConfig:
    contexts = {name: ContextConfig(name, opening="wait_for_caller") for name in ("general", "sales")}
    return EngineConfig(
        lines={"web": BrowserLine("web"), "phone": LoopbackLine("phone")},
        backends={"echo": BackendConfig("echo", "echo")},
        default_backend="echo",
        contexts=contexts,
        policy=PolicyConfig(default_region="US"),
        limits=LimitsConfig(requests_per_minute=1000, calls_per_minute=100, max_concurrent_calls=20),
        call_log=CallLogConfig(f"sqlite:///{tmp_path / 'calls.db'}"),
        config_dir=str(tmp_path),
    )


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers and stops them after the test."""
    async with AsyncExitStack() as stack:

        async def start(config: EngineConfig, clock: Clock | None = None) -> Server:
            engine = LocalEngine(config, clock)
            await engine.start()
            stack.push_async_callback(engine.stop)
            runner = web.AppRunner(create_app(engine))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Server(engine, f"http://127.0.0.1:{runner.addresses[0][1]}", session, runner)

        yield start


@pytest.fixture
async def server(serve: Serve, config: EngineConfig) -> Server:
    return await serve(config)


@pytest.fixture
async def guarded(serve: Serve, config: EngineConfig) -> Server:
    """Needs the token `s3cret-token`, and serves pages of https://panel.example."""
    settings = replace(config.server, api_token="s3cret-token", cors_origins=("https://panel.example",))
    return await serve(replace(config, server=settings))
