"""The documentation is complete and true: compared with the code, never with a list kept by hand."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import biami_engine.config
from biami_engine.config import EngineConfig

from .pages import Block, Section, anchors, blocks, links, sections

NOT_SETTINGS = {"name", "config_dir"}
"""`name` is the key under which an entry stands; `config_dir` is where the file lies."""


def pages(root: Path) -> list[Path]:
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def reference(root: Path) -> Path:
    return root / "docs" / "reference"


# --- settings --------------------------------------------------------------------------------------------------------

CONFIG_CLASSES = [
    kind
    for kind in vars(biami_engine.config).values()
    if dataclasses.is_dataclass(kind) and kind.__module__ == EngineConfig.__module__
]


def last_word(key: str) -> str:
    return re.split(r"[.:\s]", key.strip().rstrip(":"))[-1]


@pytest.mark.parametrize("kind", CONFIG_CLASSES, ids=lambda kind: kind.__name__)
def test_settings_are_documented(reference: Path, kind: type) -> None:
    """Some section of the page has a heading or a row for every field."""
    wanted = {field.name.rstrip("_") for field in dataclasses.fields(kind)} - NOT_SETTINGS
    missing = {
        section.heading: wanted - {last_word(key) for key in section.keys}
        for section in sections(reference / "settings.md")
    }
    nearest = min(missing, key=lambda heading: len(missing[heading]))
    assert not missing[nearest], f"{kind.__name__}: in section {nearest!r} of settings.md"


def test_documented_settings_exist(reference: Path, tracked_files: list[Path]) -> None:
    code = "\n".join(
        path.read_text("utf-8") for path in tracked_files if path.suffix == ".py" and "tests" not in path.parts
    )
    words = set(re.findall(r"\w+", code))
    keys = {last_word(key) for section in sections(reference / "settings.md") for key in section.keys}
    assert not {key for key in keys if re.fullmatch(r"[a-z_]+", key)} - words


# --- routes ----------------------------------------------------------------------------------------------------------


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/"


def test_routes_are_documented_and_documented_routes_exist(reference: Path) -> None:
    from biami_engine.engine import LocalEngine
    from biami_engine.web.app import create_app

    app = create_app(LocalEngine(EngineConfig()))
    served = {
        (route.method, without_names(route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    page = (reference / "http-api.md").read_text("utf-8")
    found = re.findall(r"\b(GET|POST|PUT|PATCH|DELETE|OPTIONS|WebSocket)\b[`* ]+(/[^\s`|?)]*)", page)
    documented = {("GET" if method == "WebSocket" else method, without_names(path)) for method, path in found}
    assert sorted(served - documented) == [], "served, but not in http-api.md"
    assert sorted(documented - served - {("GET", "/api/outbound")}) == [], "in http-api.md, but not served"


# --- commands --------------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    from biami_voice_daemon.cli import build_parser

    def walk(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        yield name, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for word, child in action.choices.items():
                    yield from walk(f"{name} {word}", child)

    yield from walk("biami-voice", build_parser())


def test_commands_are_documented(reference: Path) -> None:
    """Every command has a heading, under which its arguments are named; what all have in common may stand outside."""
    page = list(sections(reference / "cli.md"))
    found = {name: section_of(page, name) for name, _ in commands()}
    assert [name for name, section in found.items() if section is None] == []
    common = page[0].text
    for name, section in found.items():
        if section is not None and name != "biami-voice":
            common = common.replace(section.text, "")
    missing = [
        f"{name} {word}"
        for name, parser in commands()
        for word in words_of(parser)
        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", f"{common}\n{found[name]}")
    ]
    assert missing == []


def words_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        if action.option_strings:
            yield action.option_strings[-1]
        elif action.choices:
            yield from map(str, action.choices)
        else:
            yield str(action.metavar or action.dest)


def section_of(page: list[Section], command: str) -> Section | None:
    """The first section whose heading starts with the command; `biami-voice` itself has the whole page."""
    if " " not in command:
        return page[0]
    words = command.split()[1:]
    for section in page:
        heading = re.findall(r"[\w-]+", section.heading.replace("biami-voice", "", 1))
        if heading[: len(words)] == words:
            return section
    return None


# --- examples --------------------------------------------------------------------------------------------------------


class AnyTag(yaml.SafeLoader):
    """`!secret` and its like: known to the daemon, any word here."""


AnyTag.add_multi_constructor("!", lambda loader, suffix, node: f"{suffix} {node.value}")


def yaml_examples(root: Path) -> list[tuple[Path, Block]]:
    return [(page, block) for page in pages(root) for block in blocks(page) if block.language in ("yaml", "yml")]


def test_every_yaml_example_is_yaml(root: Path) -> None:
    for page, block in yaml_examples(root):
        try:
            yaml.load(block.text, AnyTag)
        except yaml.YAMLError as error:
            pytest.fail(f"{page.relative_to(root)}:{block.line}: {error}")


def test_whole_configurations_in_the_docs_are_accepted(root: Path, tmp_path: Path) -> None:
    """An example with lines and backends is one that a reader may copy; the rest of the folder is the shipped one."""
    tried = 0
    for page, block in yaml_examples(root):
        data = yaml.load(block.text, AnyTag)
        if not isinstance(data, dict) or not {"lines", "backends"} <= set(data):
            continue
        tried += 1
        run = check_config(root, tmp_path / str(tried), block.text)
        assert run.returncode == 0, f"{page.relative_to(root)}:{block.line}\n{run.stdout}{run.stderr}"
    assert tried, "no page shows a whole configuration"


def check_config(root: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    shutil.copytree(root / "config", folder)
    secrets = dict.fromkeys(re.findall(r"!secret +(\w+)", text), "0123456789abcdef0123456789abcdef")
    (folder / "secrets.yaml").write_text(yaml.safe_dump(secrets))
    (folder / "biami.yaml").write_text(text)
    variables = dict.fromkeys(re.findall(r"!env_var +(\w+)", text), "0123456789abcdef0123456789abcdef")
    command = [sys.executable, "-m", "biami_voice_daemon", "check-config", "-c", str(folder / "biami.yaml")]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)


def test_commands_in_the_docs_exist(root: Path) -> None:
    """Each `biami-voice WORD` and `make WORD` in a code block is a command."""
    known = {name for name, _ in commands()}
    verbs = set(re.findall(r"^([a-z0-9]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in pages(root):
        text = "\n".join(block.text for block in blocks(page) if block.language in ("sh", "bash", "shell", "console"))
        for word in re.findall(r"^[^#\n]*\bbiami-voice +([a-z][\w-]*)", text, re.MULTILINE):
            assert f"biami-voice {word}" in known, f"{page.relative_to(root)}: biami-voice {word}"
        for word in re.findall(r"^\$? *make +([a-z]\w*)", text, re.MULTILINE):
            assert word in verbs, f"{page.relative_to(root)}: make {word}"


# --- links -----------------------------------------------------------------------------------------------------------


def test_links_lead_somewhere(root: Path) -> None:
    broken = []
    for page in pages(root):
        for link in links(page):
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            path = (page.parent / target).resolve() if target else page
            if not path.exists():
                broken.append(f"{page.relative_to(root)}: {link}")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                broken.append(f"{page.relative_to(root)}: {link} (no such heading)")
    assert broken == []


def test_the_table_of_contents_has_every_page(root: Path) -> None:
    contents = root / "docs" / "README.md"
    listed = {(contents.parent / link.partition("#")[0]).resolve() for link in links(contents)}
    assert {
        str(page.relative_to(root)) for page in (root / "docs").rglob("*.md") if page not in {contents, *listed}
    } == set()
