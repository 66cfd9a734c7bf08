"""`lab` and `lab-call`: the telephone company in the computer."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from biami_engine.config import CalendarConfig, CalendarSource, EngineConfig, TwilioLine
from biami_engine.errors import NotFound, TransportError
from biami_engine.tools.ports import HostPorts

from ..daemon_api import DaemonApi, DaemonRefused
from ..lab_carrier import lab_lines
from ..settings import load_settings, shipped_config_dir
from .calls import follow

TIMEOUT_SECONDS = 60.0
"""The caller's words are synthesised before it dials."""
ARRIVAL_SECONDS = 10.0


def lab(arguments: argparse.Namespace) -> int:
    """Its timeline is what one wants to read: only what should never happen is logged beside it."""
    from biami_engine.lab.main import run_lab

    from ..logs import set_up_logging

    set_up_logging("error", as_json=False, under_systemd=not sys.stderr.isatty())
    folder = shipped_config_dir() / "lab"
    if arguments.scenarios[:1] == ["talk"]:
        return _talk(arguments)
    return asyncio.run(run_lab(arguments.scenarios, folder=folder, speed=arguments.speed, list_only=arguments.list))


def _talk(arguments: argparse.Namespace) -> int:
    from biami_engine.lab.talks.main import run_talks

    talks = run_talks(
        arguments.scenarios[1:], folder=shipped_config_dir() / "lab" / "talks", house=talk_house,
        list_only=arguments.list,
    )  # fmt: skip
    return asyncio.run(talks)


def talk_house(folder: Path) -> tuple[EngineConfig, HostPorts]:
    """The shipped demonstration, with a calendar of its own."""
    from ..host_ports import host_ports

    config = load_settings(shipped_config_dir() / "biami.example.yaml").config
    rules = config.tools.calendar or CalendarConfig()
    sources = (CalendarSource(str(folder / "calendar.ics"), "calendar"),)
    calendar = replace(rules, sources=sources, write_to="calendar")
    config = replace(config, tools=replace(config.tools, calendar=calendar), time_zone="UTC")
    return config, host_ports(config)


def lab_call(arguments: argparse.Namespace) -> int:
    """Ring, and then tell what the daemon made of it."""
    config = load_settings(arguments.config).config
    line = _line(config, arguments.line)
    call_sid = _ring(line, arguments.say)
    print(f"{line.name}: somebody calls {line.number}", flush=True)
    api = DaemonApi(config.server)
    _wait_for_arrival(api, call_sid)
    return follow(api, call_sid, as_json=False)


def _line(config: EngineConfig, name: str | None) -> TwilioLine:
    lines = [line for line in lab_lines(config) if name in (None, line.name)]
    if not lines:
        which = f"the line {name!r}" if name else "no line"
        wanted = "is not" if name else "is"
        raise NotFound(f"{which} {wanted} at a lab carrier: see lab.carrier_port in the documentation of the settings")
    return lines[0]


def _ring(line: TwilioLine, words: str) -> str:
    body = json.dumps({"to": line.number, "say": words}).encode()
    request = urllib.request.Request(f"{line.api_url}/lab/calls", body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return str(json.load(response)["sid"])
    except urllib.error.HTTPError as error:
        with error:
            raise TransportError(f"the lab carrier refuses: {error.read().decode(errors='replace')}") from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        message = f"no lab carrier answers at {line.api_url} ({reason}): start the daemon with `biami-voice run`"
        raise TransportError(message) from None


def _wait_for_arrival(api: DaemonApi, call_sid: str) -> None:
    """The carrier asks the daemon what to do with the call; until then the daemon does not know it."""
    end = time.monotonic() + ARRIVAL_SECONDS
    while True:
        try:
            api.call(call_sid)
            return
        except DaemonRefused as error:
            if error.status != 404 or time.monotonic() > end:
                raise
        time.sleep(0.2)
