"""`call`, `calls` and `hangup`: the running daemon does it, this asks it."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any
from urllib.parse import quote

from ..daemon_api import DaemonApi
from ..settings import load_settings

POLL_SECONDS = 1.0
SPOKEN_TO = ("human", "unknown")
"""`answered_by` of a completed call in which somebody was reached."""


def call(arguments: argparse.Namespace) -> int:
    api = _api(arguments)
    wanted = {name: getattr(arguments, name) for name in ("to", "context", "line", "goal")}
    answer = api.post("/api/outbound/initiate", {name: value for name, value in wanted.items() if value is not None})
    if arguments.wait:
        return follow(api, answer["callId"], arguments.json)
    if arguments.json:
        print(json.dumps(answer, indent=2))
    else:
        print(f"{answer['callId']}: calling {answer['to']} from {answer['from']} ({answer['status']})")
    return 0


def follow(api: DaemonApi, call_id: str, as_json: bool) -> int:
    """Report each change until the call is over."""
    status = None
    while True:
        record = api.call(call_id)
        if record["status"] != status and not as_json:
            print(f"{call_id}: {record['status']}", flush=True)
        status = record["status"]
        if record["ended_at"] is not None:
            break
        time.sleep(POLL_SECONDS)
    transcript = api.get(f"/api/calls/{call_id}/transcript")["transcript"]
    if as_json:
        print(json.dumps(record | {"transcript": transcript}, indent=2))
    else:
        for line in transcript:
            print(f"  {line['at_ms'] / 1000:7.1f} s  {line['role']:<7} {line['text']}")
        print(f"{call_id}: {_end(record)}")
    return 0 if status == "completed" and record["answered_by"] in SPOKEN_TO else 1


def _end(record: dict[str, Any]) -> str:
    if record["answered_at"] is None:
        return str(record["outcome"])
    return f"{record['outcome']} after {record['duration_seconds']:.0f} s ({record['end_reason']})"


def calls(arguments: argparse.Namespace) -> int:
    query = f"limit={arguments.limit}" + ("&active=true" if arguments.active else "")
    found = _api(arguments).get(f"/api/calls?{query}")["calls"]
    if arguments.json:
        print(json.dumps(found, indent=2))
    elif not found:
        print("no calls")
    for record in [] if arguments.json else found:
        print(_row(record))
    return 0


def hang_up(arguments: argparse.Namespace) -> int:
    answer = _api(arguments).post(f"/api/outbound/hangup/{quote(arguments.call, safe='')}", {})
    print(f"{answer['callId']}: hanging up")
    return 0


def _row(record: dict[str, Any]) -> str:
    arrow = "<-" if record["direction"] == "inbound" else "->"
    other = record["from"] if record["direction"] == "inbound" else record["to"]
    result = record["outcome"] or record["status"]
    when = record["created_at"][:19].replace("T", " ")
    seconds = f"{record['duration_seconds']:.0f} s"
    return f"{record['id']}  {when}  {arrow} {other:<16} {record['line']:<10} {result:<19} {seconds}"


def _api(arguments: argparse.Namespace) -> DaemonApi:
    return DaemonApi(load_settings(arguments.config).config.server)
