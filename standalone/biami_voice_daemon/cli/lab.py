"""`lab` and `lab-call`: the telephone company in the computer."""

from __future__ import annotations

import argparse
import asyncio
import sys

from biami_engine.lab.main import run_lab

from ..logs import set_up_logging
from ..settings import shipped_config_dir


def lab(arguments: argparse.Namespace) -> int:
    """Its timeline is what one wants to read: only what should never happen is logged beside it."""
    set_up_logging("error", as_json=False, under_systemd=not sys.stderr.isatty())
    return asyncio.run(
        run_lab(
            arguments.scenarios,
            folder=shipped_config_dir() / "lab",
            speed=arguments.speed,
            list_only=arguments.list,
        )
    )
