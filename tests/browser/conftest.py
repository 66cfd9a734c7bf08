"""The daemon's page in Chromium, with a WAV as its microphone, against a real engine on a real port."""

from __future__ import annotations

import os
import shutil
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, WebSocket, async_playwright

from biami_engine.audio.frame import PCM16_24K, Audio
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
from biami_engine.speech import Voices
from biami_engine.web.app import create_app

CHROMIUM = os.environ.get("BIAMI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
"""`scripts/browser` finds it or installs one; without any of these Playwright takes its own build."""

PATIENCE_MS = 20_000
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}

INSECURE_NAME = "voice.test"
"""Leads to this machine, but a browser lends no microphone to http pages of such a name."""

ARGUMENTS = (
    f"--host-resolver-rules=MAP {INSECURE_NAME} 127.0.0.1",
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
)


@dataclass
class Wire:
    """What went over the page's voice socket, in order: ("sent" | "received", text or bytes)."""

    frames: list[tuple[str, str | bytes]] = field(default_factory=list)

    def watch(self, socket: WebSocket) -> None:
        if "/api/voice" in socket.url:
            socket.on("framesent", lambda frame: self.frames.append(("sent", frame)))
            socket.on("framereceived", lambda frame: self.frames.append(("received", frame)))


@dataclass
class House:
    """A running engine, its page's address, and the browser that shows it."""

    engine: LocalEngine
    url: str
    browser: Browser

    runner: web.AppRunner

    async def open(self, viewport: ViewportSize = DESK, url: str = "", **options: Any) -> tuple[Page, Wire]:
        context: BrowserContext = await self.browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(PATIENCE_MS)
        page, wire = await context.new_page(), Wire()
        page.on("websocket", wire.watch)
        await page.goto(url or self.url)
        return page, wire

    async def drop_watchers(self) -> None:
        """End every watcher's socket, as a restart does."""
        await self.runner.app.shutdown()


@pytest.fixture(scope="session")
def speech() -> Callable[[str], bytes]:
    """Words as PCM16 24 kHz, said by the house's own voice."""
    voice = Voices(cache=False).text_to_speech()
    assert voice.rate_hz == PCM16_24K.rate_hz
    return lambda text: b"".join(audio.payload for audio in voice.synthesise(text))


def silence(seconds: float) -> bytes:
    return Audio.silence(PCM16_24K, seconds * 1000).payload


@pytest.fixture
def config(tmp_path: Path) -> EngineConfig:
    contexts = {
        "general": ContextConfig("general", opening="wait_for_caller"),
        "sales": ContextConfig("sales", opening="wait_for_caller"),
    }
    return EngineConfig(
        lines={"web": BrowserLine("web"), "phone": LoopbackLine("phone")},
        backends={"echo": BackendConfig("echo", "echo")},
        default_backend="echo",
        contexts=contexts,
        policy=PolicyConfig(default_region="US"),
        limits=LimitsConfig(requests_per_minute=1000),
        call_log=CallLogConfig(f"sqlite:///{tmp_path / 'calls.db'}"),
        config_dir=str(tmp_path),
    )


@pytest.fixture
async def visit(config: EngineConfig, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Starts engine, server and a browser whose microphone says `words` once; stops all after the test."""
    async with AsyncExitStack() as stack:

        async def start(words: bytes = b"", api_token: str = "", **backends: BackendConfig) -> House:
            server = replace(config.server, api_token=api_token)
            engine = LocalEngine(replace(config, server=server, backends={**config.backends, **backends}))
            await engine.start()
            stack.push_async_callback(engine.stop)
            runner = web.AppRunner(create_app(engine))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            microphone = write_wav(tmp_path / "microphone.wav", words or silence(1))
            playwright = await stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*ARGUMENTS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
            )
            stack.push_async_callback(browser.close)
            return House(engine, f"http://127.0.0.1:{runner.addresses[0][1]}/", browser, runner)

        yield start


def write_wav(path: Path, samples: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PCM16_24K.rate_hz)
        file.writeframes(samples)
    return path
