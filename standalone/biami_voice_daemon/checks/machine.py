"""What is on this machine: a voice, a call log, the daemon."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

from biami_engine.config import EngineConfig, ServerConfig
from biami_engine.errors import BiamiError

from ..daemon_api import DaemonApi, DaemonRefused, DaemonUnreachable
from .finding import Finding, Verdict


def speech() -> Finding:
    """The house's own voice reads written dialogues, and speaks where a backend fails."""
    better = "install a better one: pip install 'biami-voice[local]'"
    if importlib.util.find_spec("hibari") and importlib.util.find_spec("onnxruntime"):
        return Finding("speech", Verdict.OK, "the house has a voice (hibari)")
    program = next((name for name in ("flite", "espeak-ng") if shutil.which(name)), None)
    if program:
        return Finding("speech", Verdict.OK, f"the house has a plain voice ({program})", better)
    advice = "install one: pip install 'biami-voice[local]', or the package flite"
    return Finding(
        "speech", Verdict.WARN, "the house has no voice: written dialogues and apologies stay silent", advice
    )


def call_log(config: EngineConfig) -> Finding:
    url = config.call_log.url
    if not url.startswith("sqlite:///") or url.startswith("sqlite:///:"):
        return Finding("call log", Verdict.OK, f"a {url.partition(':')[0]} database")
    file = Path(url.removeprefix("sqlite:///"))
    folder = next((parent for parent in file.parents if parent.is_dir()), Path("/"))
    writable = os.access(file, os.W_OK) if file.exists() else os.access(folder, os.W_OK)
    if writable:
        return Finding("call log", Verdict.OK, str(file))
    advice = "let the daemon's user write there, or change call_log.url"
    return Finding("call log", Verdict.FAIL, f"{file} cannot be written", advice)


def daemon(server: ServerConfig) -> tuple[bool, Finding]:
    api = DaemonApi(server)
    try:
        health = api.get("/health")
    except DaemonUnreachable as error:
        if _port_is_free(server):
            return False, Finding("daemon", Verdict.WARN, "not running", "start it: biami-voice run")
        return False, Finding("daemon", Verdict.FAIL, str(error), "stop the other program, or change server.port")
    except DaemonRefused as error:
        advice = "stop the other program, or change server.port"
        return False, Finding("daemon", Verdict.FAIL, f"another program answers at {api.url}: {error}", advice)
    message = f"running at {api.url}, {health.get('active_calls', 0)} active calls"
    if not health.get("ready"):
        return True, Finding("daemon", Verdict.WARN, message + ", but it takes no new calls", "it is stopping: wait")
    return True, Finding("daemon", Verdict.OK, message)


def _port_is_free(server: ServerConfig) -> bool:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except OSError:
            return False
    return True


def token(server: ServerConfig) -> Finding:
    try:
        DaemonApi(server).get("/api/calls?limit=1")
    except BiamiError as error:
        advice = "reload or restart the daemon, so that it reads this configuration"
        return Finding("API token", Verdict.FAIL, f"the daemon refuses this configuration's token: {error}", advice)
    return Finding("API token", Verdict.OK, "accepted" if server.api_token else "none: this machine only")
