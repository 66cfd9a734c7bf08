"""The loader: plain data, every key's line, and Home Assistant's three tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from biami_engine.errors import ConfigError
from biami_voice_daemon.yaml_file import YamlDocument, load_yaml


def load(folder: Path, text: str, **environment: str) -> YamlDocument:
    file = folder / "biami.yaml"
    file.write_text(text, encoding="utf-8")
    return load_yaml(file, environment)


def refused(folder: Path, text: str, **environment: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environment)
    return caught.value


def test_plain_data_and_the_line_of_each_key(tmp_path: Path) -> None:
    document = load(tmp_path, "# a comment\nserver:\n  port: 8080\n  cors_origins:\n    - a\n    - b\n")
    assert document.data == {"server": {"port": 8080, "cors_origins": ["a", "b"]}}
    assert type(document.data["server"]) is dict
    assert document.sources["server.port"] == f"{tmp_path}/biami.yaml:3"
    assert document.sources["server.cors_origins.1"] == f"{tmp_path}/biami.yaml:6"


def test_a_missing_key_has_the_line_of_its_section(tmp_path: Path) -> None:
    document = load(tmp_path, "lines:\n  office:\n    transport: twilio\n")
    assert document.source_of("lines.office.number").endswith(":2")
    assert document.source_of("backends").endswith(":1")


def test_scalars_are_plain(tmp_path: Path) -> None:
    data = load(tmp_path, "a: 1\nb: 1.5\nc: yes\nd: true\ne: |\n  text\nf: ~\ng: 0x10\nh: '8'\n").data
    assert data == {"a": 1, "b": 1.5, "c": "yes", "d": True, "e": "text\n", "f": None, "g": 16, "h": "8"}
    assert [type(value) for value in data.values()] == [int, float, str, bool, str, type(None), int, str]


def test_anchors_and_merges(tmp_path: Path) -> None:
    document = load(tmp_path, "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\n")
    assert document.data["b"] == {"k": 1, "l": 2}
    assert document.source_of("b.l").endswith(":5")


def test_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("twilio: hush-hush\nport: 81\n")
    document = load(tmp_path, "a: !secret twilio\nb: !secret port\n")
    assert document.data == {"a": "hush-hush", "b": 81}
    assert document.secrets == {"hush-hush", "81"}
    assert "hush" not in repr(document.secrets and document.sources)


def test_secret_of_an_included_file_is_searched_upward_to_the_configuration(tmp_path: Path) -> None:
    deep = tmp_path / "home" / "deep" / "deeper"
    deep.mkdir(parents=True)
    (tmp_path / "secrets.yaml").write_text("outside: no\n")
    (tmp_path / "home" / "secrets.yaml").write_text("token: above\n")
    (deep / "part.yaml").write_text("x: !secret token\n")
    assert load(tmp_path / "home", "part: !include deep/deeper/part.yaml\n").data == {"part": {"x": "above"}}
    (deep / "part.yaml").write_text("\nx: !secret outside\n")
    error = refused(tmp_path / "home", "part: !include deep/deeper/part.yaml\n")
    assert error.path == "part.x"
    assert error.source.endswith("part.yaml:2")


def test_env_var(tmp_path: Path) -> None:
    document = load(tmp_path, "a: !env_var NAME\nb: !env_var ABSENT two words\n", NAME="value")
    assert document.data == {"a": "value", "b": "two words"}
    error = refused(tmp_path, "\n\na: !env_var ABSENT\n")
    assert "ABSENT" in error.message
    assert error.source.endswith("biami.yaml:3")


def test_include_keeps_the_key_path_and_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "contacts.yaml").write_text("anna:\n  number: '+4930123456'\n")
    document = load(tmp_path, "contacts: !include contacts.yaml\n")
    assert document.data["contacts"]["anna"]["number"] == "+4930123456"
    assert document.sources["contacts.anna.number"] == f"{tmp_path}/contacts.yaml:2"


@pytest.mark.parametrize(
    ("text", "word", "line"),
    [
        ("a: b: c\n", "not allowed", 1),
        ("a: 1\nb: [1, 2\n", "expected", 3),
        ("a: 1\na: 2\n", "duplicate", 2),
        ("ok: 1\n\tbad: 2\n", "YAML", 2),
        ("a: !secret nowhere\n", "secrets.yaml", 1),
        ("a: 1\nb: !sekret x\n", "!sekret", 2),
        ("a: *nothing\n", "alias", 1),
    ],
)
def test_broken_files_say_where(tmp_path: Path, text: str, word: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert word in error.message
    assert error.source == f"{tmp_path}/biami.yaml:{line}"


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    assert "itself" in refused(tmp_path, "a: !include biami.yaml\n").message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "read" in refused(tmp_path, "a: !include nowhere.yaml\n").message
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    assert "UTF-8" in refused(tmp_path, "a: !include latin.yaml\n").message
    (tmp_path / "big.yaml").write_text("#" * 1_000_001)
    assert "larger" in refused(tmp_path, "a: !include big.yaml\n").message
    assert "read" in refused(tmp_path, "a: !include .\n").message


def test_deep_nesting_is_refused_not_a_crash(tmp_path: Path) -> None:
    assert "YAML" in refused(tmp_path, "a: " + "[" * 50_000).message
