"""The daemon's Wyoming server: announced, found and used by reference clients."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from zeroconf import Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from biami_engine.config import CallLogConfig, EngineConfig, WyomingConfig
from biami_engine.engine import LocalEngine
from biami_voice_daemon.wyoming_server import SERVICE_TYPE, start_wyoming_server

from .conftest import StartDaemon, free_port
from .test_daemon import BROWSER_ONLY


@pytest.fixture
async def engine() -> LocalEngine:
    return LocalEngine(EngineConfig(call_log=CallLogConfig("sqlite:///:memory:")))


async def find() -> AsyncServiceInfo:
    network = AsyncZeroconf(interfaces=["127.0.0.1"])
    names: asyncio.Queue[str] = asyncio.Queue()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: object) -> None:
        names.put_nowait(name)

    try:
        browser = AsyncServiceBrowser(network.zeroconf, SERVICE_TYPE, handlers=[heard])
        async with asyncio.timeout(10):
            info = AsyncServiceInfo(SERVICE_TYPE, await names.get())
        assert await info.async_request(network.zeroconf, 5000)
        await browser.async_cancel()
    finally:
        await network.async_close()
    return info


async def test_it_is_announced_and_describes_itself(engine: LocalEngine) -> None:
    async with AsyncExitStack() as stack:
        config = WyomingConfig(free_port(), zeroconf=True)
        assert await start_wyoming_server(config, engine, stack) == config.port
        found = await find()
        assert found.port == config.port
        assert found.parsed_addresses() == ["127.0.0.1"]
        async with AsyncTcpClient("127.0.0.1", config.port, read_timeout=10) as client:
            await client.write_event(Describe().event())
            event = await client.read_event()
        assert event is not None
        info = Info.from_event(event)
        assert info.asr
        assert info.tts
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", config.port)


async def test_without_a_port_there_is_none(engine: LocalEngine) -> None:
    async with AsyncExitStack() as stack:
        assert await start_wyoming_server(WyomingConfig(), engine, stack) == 0


async def test_a_port_that_is_taken_is_named(engine: LocalEngine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        async with AsyncExitStack() as stack:
            config = WyomingConfig(other.getsockname()[1])
            with pytest.raises(OSError, match=r"wyoming\.port: .* cannot be listened on: .*in use"):
                await start_wyoming_server(config, engine, stack)


async def test_the_daemon_offers_it_and_ends_with_it(start_daemon: StartDaemon) -> None:
    port = free_port()
    daemon = await start_daemon(f"{BROWSER_ONLY}wyoming: {{port: {port}}}\n")
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=10) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        assert Info.from_event(event).asr
        daemon.tell(signal.SIGTERM)
        assert await daemon.ended() == 0
        assert await client.read_event() is None
