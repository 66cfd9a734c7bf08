"""The running daemon: engine, server, lab carrier and announcement, from the first signal to the last."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from biami_engine.config import EngineConfig, ServerConfig
from biami_engine.engine import LocalEngine
from biami_engine.errors import BiamiError, ConfigError
from biami_engine.tools.ports import HostPorts
from biami_engine.web.app import create_app

from . import __version__
from .discovery import daemon_announcement, wants_announcement
from .host_ports import close, host_ports, read_ahead
from .lab_carrier import start_lab_carrier
from .logs import RedactingFormatter, hide
from .memory import settle
from .settings import Settings, load_settings
from .systemd import notify
from .webhooks import warn_of_astray_numbers
from .wyoming_server import start_wyoming_server

SOCKET_GOODBYE_SECONDS = 2.0
"""What open connections get after the calls are over."""

_log = logging.getLogger(__name__)


class Daemon:
    """`run` returns the exit code. `on_ready` hears the address once it answers."""

    def __init__(self, settings: Settings, file: Path | None, formatter: RedactingFormatter) -> None:
        self._settings = settings
        self._file = file
        self._formatter = formatter
        self._stop = asyncio.Event()
        self._stop_now = asyncio.Event()
        self._reload = asyncio.Event()
        self._ports = HostPorts()
        self.on_ready: Callable[[str], None] = lambda url: None

    async def run(self) -> int:
        hide(self._formatter, self._settings.secrets)
        for note in self._settings.notes:
            _log.warning("%s", note)
        self._take_signals()
        try:
            async with AsyncExitStack() as stack:
                await self._serve(await self._start(stack))
        except ConfigError as error:
            raise self._settings.locate(error) from None
        except OSError as error:
            _log.error("cannot start: %s", error)
            return 1
        _log.info("stopped")
        return 0

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)

    def _told_to_stop(self) -> None:
        if self._stop.is_set():
            self._stop_now.set()
        self._stop.set()

    async def _start(self, stack: AsyncExitStack) -> LocalEngine:
        """What is started is stopped in reverse: the server outlives the calls, whose sockets it holds."""
        config = self._settings.config
        self._ports = host_ports(config)
        stack.push_async_callback(lambda: close(self._ports))
        engine = LocalEngine(config, ports=self._ports)
        await start_lab_carrier(config, engine.clock, stack)
        runner = web.AppRunner(create_app(engine), access_log=None, shutdown_timeout=SOCKET_GOODBYE_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await engine.start()
        stack.push_async_callback(self._drain, engine)
        port = await _listen(runner, config.server)
        if wants_announcement(config.server):
            announcement = daemon_announcement(config.server, port, __version__, engine.owner)
            stack.push_async_callback(announcement.stop)
            await announcement.start()
        await start_wyoming_server(config.wyoming, engine, stack)
        settle()
        address = _address(config.server.host, port)
        _log.info("listening on %s", address)
        notify("READY=1")
        self.on_ready(address)
        for work in (warn_of_astray_numbers(config), read_ahead(self._ports)):
            stack.callback(asyncio.create_task(work).cancel)
        return engine

    async def _serve(self, engine: LocalEngine) -> None:
        while not self._stop.is_set():
            waiting = [asyncio.create_task(event.wait()) for event in (self._stop, self._reload)]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()
            if self._reload.is_set() and not self._stop.is_set():
                self._reload.clear()
                await self._reload_configuration(engine)

    async def _reload_configuration(self, engine: LocalEngine) -> None:
        """Checked first: a wrong one is refused and the old one stays. Running calls keep what they began with."""
        notify("RELOADING=1")
        try:
            settings = await asyncio.to_thread(load_settings, self._file)
            hide(self._formatter, settings.secrets)
            await self._take_over(engine, settings)
        except BiamiError as error:
            for line in str(error).splitlines():
                _log.error("the new configuration is refused: %s", line)
            _log.error("the old configuration stays in force")
        notify("READY=1")

    async def _take_over(self, engine: LocalEngine, settings: Settings) -> None:
        try:
            ports = host_ports(settings.config)
            await engine.reload(settings.config, ports)
        except ConfigError as error:
            raise settings.locate(error) from None
        for name in _needs_restart(self._settings.config, settings.config):
            _log.warning("%s has changed: it takes effect at the next start", name)
        self._settings = settings
        self._ports = ports  # calls that run keep the former ones, which go with the last of them
        _log.info("configuration reloaded from %s", settings.origin)

    async def _drain(self, engine: LocalEngine) -> None:
        """Running calls may end for `drain_seconds`; the second signal ends them at once."""
        notify("STOPPING=1")
        running = len(await engine.list_calls(active=True))
        seconds = self._settings.config.server.drain_seconds
        if running:
            calls = "one call" if running == 1 else f"{running} calls"
            _log.info("stopping: %s may go on for %g s; a second signal ends that now", calls, seconds)
        stopping = asyncio.create_task(engine.stop(seconds))
        hurry = asyncio.create_task(self._stop_now.wait())
        await asyncio.wait({stopping, hurry}, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not stopping.done():
            _log.info("second signal: hanging up")
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
            await engine.stop()
        else:
            await stopping  # a failure of our own while stopping must be seen


async def _listen(runner: web.AppRunner, server: ServerConfig) -> int:
    """Returns the port, which the system chooses where 0 is configured."""
    try:
        await web.TCPSite(runner, server.host, server.port).start()
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"server.port: {server.host}:{server.port} cannot be listened on: {reason}") from None
    return int(runner.addresses[0][1])


def _address(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _needs_restart(old: EngineConfig, new: EngineConfig) -> list[str]:
    pairs = {
        "server.host": (old.server.host, new.server.host),
        "server.port": (old.server.port, new.server.port),
        "server.zeroconf": (old.server.zeroconf, new.server.zeroconf),
        "call_log": (old.call_log, new.call_log),
        "lab": (old.lab, new.lab),
        "wyoming": (old.wyoming, new.wyoming),
    }
    return [name for name, (before, after) in pairs.items() if before != after]
