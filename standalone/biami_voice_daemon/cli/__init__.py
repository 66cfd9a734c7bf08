"""The command line. Parsing imports nothing heavy; a command's module is imported when it is run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from biami_engine.errors import BiamiError, ConfigError

from .. import __version__

DONE, FAILED, MISUSED = 0, 1, 2
"""Exit codes; a wrong configuration counts as misuse."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are one sentence each on standard error."""
    chosen = build_parser().parse_args(arguments)
    module, _, function = chosen.handler.partition(":")
    try:
        return int(getattr(import_module(f".{module}", __package__), function)(chosen))
    except BiamiError as error:
        for line in str(error).splitlines():
            print(f"biami-voice: {line}", file=sys.stderr)
        return MISUSED if isinstance(error, ConfigError) else FAILED
    except BrokenPipeError:
        sys.stderr.close()  # `biami-voice calls | head`: nobody is left to hear a complaint
        return FAILED
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="biami-voice",
        description="An AI agent on the phone and in the browser, on hardware of your own.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.",
    )
    parser.add_argument("--version", action="version", version=f"biami-voice {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_daemon_commands(commands)
    _add_call_commands(commands)
    _add_setup_commands(commands)
    _add_lab_commands(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(commands: Commands, name: str, handler: str, text: str) -> argparse.ArgumentParser:
    """Every command can be told its configuration."""
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(handler=handler)
    command.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help="the configuration; without it biami.yaml is searched for"
    )
    return command


def _add_daemon_commands(commands: Commands) -> None:
    run = _add(commands, "run", "run:run", "start the daemon")
    run.add_argument("--log-json", action="store_true", help="log one JSON object per line")
    run.add_argument(
        "--log-level", choices=["debug", "info", "warning", "error"], default="info", help="how much to log (info)"
    )
    _add(commands, "check-config", "run:check_config", "say whether the configuration is right, and what is wrong")


def _add_call_commands(commands: Commands) -> None:
    call = _add(commands, "call", "calls:call", "place a call through the running daemon")
    call.add_argument("to", metavar="TO", help="a number or a contact's name")
    call.add_argument("--context", help="who the agent is in this call")
    call.add_argument("--line", help="the line to call from")
    call.add_argument("--goal", metavar="TEXT", help="what the call is for")
    call.add_argument("--wait", action="store_true", help="wait for the end; exit 1 unless somebody was spoken to")
    call.add_argument("--json", action="store_true", help="print JSON")
    calls = _add(commands, "calls", "calls:calls", "list the calls, newest first")
    calls.add_argument("--active", action="store_true", help="only those that are running")
    calls.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (20)")
    calls.add_argument("--json", action="store_true", help="print JSON")
    hangup = _add(commands, "hangup", "calls:hang_up", "end a call")
    hangup.add_argument("call", metavar="ID", help="the call's id, or the carrier's")


def _add_setup_commands(commands: Commands) -> None:
    webhook = _add(commands, "webhook", "webhook:webhook", "show or set where Twilio sends the calls of a number")
    webhook.add_argument("action", choices=["show", "set"], help="show what is set, or point the number at public_url")
    webhook.add_argument("--line", help="one line; without it all Twilio lines")
    doctor = _add(commands, "doctor", "doctor:doctor", "check everything that calls need, and say what to do")
    doctor.add_argument("--json", action="store_true", help="print JSON")


def _add_lab_commands(commands: Commands) -> None:
    lab = _add(commands, "lab", "lab:lab", "run phone scenarios against an engine of its own, without any account")
    lab.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="names or files; without them all that are shipped"
    )
    lab.add_argument("--list", action="store_true", help="list the shipped scenarios")
    lab.add_argument("--speed", type=float, default=4.0, metavar="N", help="run time N times faster (4)")
    lab_call = _add(commands, "lab-call", "lab:lab_call", "let the daemon's lab carrier ring one of its lines")
    lab_call.add_argument("--line", help="the line to ring; without it the first one at the lab carrier")
    lab_call.add_argument("--say", metavar="TEXT", default="Hello, what can you do?", help="what the caller says")
