"""The announcement, found by a real browser of the network, on loopback."""

from __future__ import annotations

import resource

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from biami_engine.config import ServerConfig
from biami_voice_daemon.discovery import SERVICE_TYPE, daemon_announcement, wants_announcement


@pytest.mark.parametrize(
    ("host", "zeroconf", "wanted"),
    [
        ("127.0.0.1", None, False),
        ("0.0.0.0", None, True),
        ("192.168.1.5", None, True),
        ("127.0.0.1", True, True),
        ("0.0.0.0", False, False),
    ],
)
def test_who_is_announced(host: str, zeroconf: bool | None, wanted: bool) -> None:
    assert wants_announcement(ServerConfig(host=host, zeroconf=zeroconf)) is wanted


async def test_it_is_found_and_gone_again() -> None:
    announcement = daemon_announcement(ServerConfig(api_token="t0ken", zeroconf=True), 8123, "1.2.3", "owner-1")
    await announcement.start()
    browser = AsyncZeroconf(interfaces=["127.0.0.1"])
    try:
        info = AsyncServiceInfo(SERVICE_TYPE, announcement.name)
        assert await info.async_request(browser.zeroconf, 5000)
        assert info.port == 8123
        assert info.parsed_addresses() == ["127.0.0.1"]
        assert info.decoded_properties == {"id": "owner-1", "version": "1.2.3", "path": "/", "tls": "0", "auth": "1"}
    finally:
        await announcement.stop()
        await browser.async_close()


async def test_a_machine_that_cannot_announce_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    announcement = daemon_announcement(ServerConfig(zeroconf=True), 8123, "1.2.3", "owner-1")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        await announcement.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "not announced on the local network" in caplog.text
    await announcement.stop()
