"""`doctor`: a table of findings, worst news not hidden."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from biami_engine.errors import ConfigError, ConfigErrors

from ..checks import Finding, Verdict, examine
from ..settings import load_settings


def doctor(arguments: argparse.Namespace) -> int:
    """Exit 1 where something must be done, 2 where the configuration itself is wrong."""
    findings: list[Finding] = []
    try:
        settings = load_settings(arguments.config)
    except ConfigError as error:
        for fault in error.errors if isinstance(error, ConfigErrors) else (error,):
            findings.append(Finding("configuration", Verdict.FAIL, str(fault), "correct it and run doctor again"))
        _tell(findings, arguments.json)
        return 2
    findings.append(Finding("configuration", Verdict.OK, f"{settings.origin} is right"))
    findings += [Finding("configuration", Verdict.WARN, note) for note in settings.notes]
    findings += examine(settings.config)
    _tell(findings, arguments.json)
    return 1 if any(finding.verdict is Verdict.FAIL for finding in findings) else 0


def _tell(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
        return
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{_word(finding.verdict)}  {finding.subject:<{width}}  {finding.message}")
        if finding.advice:
            print(f"{'':{width + 8}}-> {finding.advice}")


def _word(verdict: Verdict) -> str:
    """Four columns wide, in colour on a terminal."""
    word = f"{verdict:<4}"
    colour = {Verdict.OK: 32, Verdict.WARN: 33, Verdict.FAIL: 31}[verdict]
    return f"\033[{colour}m{word}\033[0m" if sys.stdout.isatty() else word
