"""Scenario files: what is wrong in them is told with file and line before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from biami_engine.errors import ConfigError, NotFound
from biami_engine.lab.evidence import MEASURES
from biami_engine.lab.expectations import WORDS
from biami_engine.lab.model.plan import MODEL, MODEL_FAULTS, REPLY
from biami_engine.lab.phones import STEPS
from biami_engine.lab.phones.steps import NETWORK_FAULTS
from biami_engine.lab.scenario import (
    CALL,
    FAULTS,
    SCENARIO,
    check_no_engine_lines,
    find_scenarios,
    merged,
    read_scenario,
)
from biami_engine.lab.service import WEB

HEAD = "about: A test.\ncall: {direction: inbound}\nphone:\n"


def read(folder: Path, text: str) -> str:
    """The complaint about a file, empty where there is none."""
    file = folder / "case.yaml"
    file.write_text(text)
    try:
        read_scenario(file)
    except ConfigError as error:
        return str(error).replace(str(file), "case.yaml")
    return ""


def test_every_word_of_expectations_is_measured() -> None:
    assert WORDS.keys() == MEASURES.keys()


def test_the_reference_names_every_word() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "lab.md").read_text("utf-8")
    named = set(re.findall(r"^(?:\| |### |.*?, )?`?([a-z_]+)", page, re.MULTILINE))
    named |= {
        word for cell in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE) for word in re.findall(r"`([a-z_]+)", cell)
    }
    schemas = (SCENARIO, CALL, FAULTS, MODEL, MODEL_FAULTS, REPLY, WEB.schema[next(iter(WEB.schema))])
    keys = {str(key) for schema in schemas for key in schema.schema}
    assert {*WORDS, *STEPS, *NETWORK_FAULTS, *keys} - named == set()


def test_every_step_is_understood(tmp_path: Path) -> None:
    steps = {
        "say": "Hello.",
        "interrupt": "{after: 2, say: Stop.}",
        "wait_for_agent": "{until: started, within: 5}",
        "wait": "1.5",
        "silence": "3",
        "press": '"1w2#"',
        "speakerphone": "{gain_db: -20}",
        "noise": "0.2",
        "music": "3",
        "network": "garbage",
        "expect": "{dtmf_heard: 12}",
    }
    body = "".join(f"  - {word}: {value}\n" for word, value in steps.items())
    for first in ("busy", "no_answer", "reject", "unreachable", "answer: {after: 2}", "voicemail: Speak now."):
        assert read(tmp_path, f"{HEAD}  - {first}\n{body}  - hang_up\n") == ""
    ringing = {"busy", "no_answer", "reject", "unreachable", "answer", "voicemail"}
    assert STEPS.keys() == steps.keys() | ringing | {"hang_up"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + "  - shout: Hello.\n", "case.yaml:4: phone.0.shout"),
        (HEAD + "  - wait: 1\n  - wait: -1\n", "case.yaml:5: phone.1.wait"),
        (HEAD + "  - press: 12x\n", "case.yaml:4: phone.0.press"),
        (HEAD + "  - wait: 1\n  - busy\n", "case.yaml:5: phone.1"),
        (HEAD + "  - expect:\n      end_raeson: x\n", "case.yaml:5: phone.0.expect.end_raeson"),
        (HEAD + "  - say: {wav: a.wav, text: b}\n", "case.yaml:4: phone.0.say"),
        (HEAD + "  - network: earthquake\n", "case.yaml:4: phone.0.network"),
        (HEAD + "  - hang_up\nexpects: {}\n", "case.yaml:5: expects"),
        (HEAD + "  - hang_up\nexpect: {streams: many}\n", "case.yaml:5: expect.streams"),
        (HEAD + "  - hang_up\nfaults: {duplicate_callbacks: 11}\n", "case.yaml:5: faults.duplicate_callbacks"),
        ("about: x\ncall: {direction: sideways}\nphone: []\n", "case.yaml:2: call.direction"),
        ("about: x\nphone: []\n", "case.yaml:1: call"),
        (HEAD + "  - [\n", "case.yaml:"),
        (HEAD + "  - hang_up\nmodel:\n  faults: {silent: {seconds: 3}}\n", "case.yaml:6: model.faults.silent"),
        (HEAD + "  - hang_up\nmodel:\n  replies:\n    - {say: x, when: '('}\n", "case.yaml:7: model.replies.0.when"),
        (HEAD + "  - hang_up\nweb: {/a: {status: 99}}\n", "case.yaml:5: web./a.status"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, place: str) -> None:
    assert read(tmp_path, text).startswith(place)


def test_a_missing_file_and_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read"):
        read_scenario(tmp_path / "none.yaml")
    with pytest.raises(NotFound, match="no scenario 'none'"):
        find_scenarios(tmp_path, ["none"])


def test_sections_are_merged_values_replaced() -> None:
    base = {"contexts": {"general": {"prompt": "a", "tools": ["x"]}}, "limits": None}
    over = {"contexts": {"general": {"tools": ["y"]}, "other": {}}, "limits": {"max_call_seconds": 60}}
    assert merged(base, over) == {
        "contexts": {"general": {"prompt": "a", "tools": ["y"]}, "other": {}},
        "limits": {"max_call_seconds": 60},
    }


def test_the_line_under_test_is_the_labs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="made by the lab"):
        check_no_engine_lines({"lines": {}}, tmp_path / "case.yaml")
