"""`run` and `check-config`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import sys
from pathlib import Path

from biami_engine.errors import ConfigError

from ..settings import Settings, load_settings


def run(arguments: argparse.Namespace) -> int:
    """Until a signal ends it. The configuration is checked before anything heavy is imported."""
    settings = load_settings(arguments.config)

    from ..daemon import Daemon
    from ..logs import set_up_logging

    under_systemd = "JOURNAL_STREAM" in os.environ and not sys.stderr.isatty()
    formatter = set_up_logging(arguments.log_level, arguments.log_json, under_systemd)
    daemon = Daemon(settings, arguments.config, formatter)
    if not arguments.log_json:
        daemon.on_ready = lambda url: _greet(settings, url)
    return asyncio.run(daemon.run())


def check_config(arguments: argparse.Namespace) -> int:
    from biami_engine.engine import LocalEngine

    from ..host_ports import host_ports

    logging.basicConfig(format="note: %(message)s", stream=sys.stdout)  # what a daemon would log
    settings = load_settings(arguments.config)
    config = settings.config
    try:
        LocalEngine(config, ports=host_ports(config)).check(config)
    except ConfigError as error:
        raise settings.locate(error) from None
    for note in settings.notes:
        print(f"note: {note}")
    lines = ", ".join(f"{name} ({line.transport})" for name, line in config.lines.items()) or "none"
    print(f"{settings.origin} is right: lines {lines}; contexts {', '.join(config.contexts)}.")
    return 0


def _greet(settings: Settings, url: str) -> None:
    config = settings.config
    print(f"\nBiami Voice is running on {settings.origin}.\n")
    if any(line.transport == "browser" for line in config.lines.values()):
        print(f"  Talk to it:    {url}  (in a browser on this machine)")
    if config.lab.carrier_port:
        print(f"  Let it ring:   {_command()} lab-call" + _with_config(settings))
    print(f"  See its calls: {_command()} calls" + _with_config(settings))
    print("  Stop it:       Ctrl-C\n", flush=True)


def _command() -> str:
    """As a person in this folder can type it: `make run` leaves the environment it runs in out of the PATH."""
    called = Path(sys.argv[0])
    on_path = shutil.which("biami-voice") is not None
    return str(called) if not on_path and called.name == "biami-voice" else "biami-voice"


def _with_config(settings: Settings) -> str:
    return "" if settings.origin == "the environment" else f" -c {settings.origin}"
