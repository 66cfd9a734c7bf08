"""Where the configuration comes from, and that every error names its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from biami_engine.config import TwilioLine
from biami_engine.errors import ConfigError, ConfigErrors
from biami_voice_daemon.env_file import SEED_NAMES, read_env_file
from biami_voice_daemon.settings import load_settings, shipped_config_dir

SID = "AC" + "0" * 32
GOOD = f"""\
server: {{public_url: "https://voice.example.org"}}
lines:
  office:
    transport: twilio
    account_sid: {SID}
    auth_token: !secret twilio
    number: "+12313993815"
backends:
  demo: {{type: scripted}}
contexts: contexts/
"""


@pytest.fixture(autouse=True)
def clean_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SEED_NAMES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "contexts").mkdir()
    (tmp_path / "contexts" / "general.yaml").write_text("prompt: Hello.\n")
    (tmp_path / "secrets.yaml").write_text("twilio: t0ken-of-twilio\n")


def write(text: str, name: str = "biami.yaml") -> Path:
    Path(name).write_text(text, encoding="utf-8")
    return Path(name)


def test_a_file_with_a_folder_of_contexts() -> None:
    settings = load_settings(write(GOOD))
    assert settings.origin == "biami.yaml"
    assert settings.config.contexts["general"].prompt == "Hello."
    assert "t0ken-of-twilio" in settings.secrets
    assert "t0ken-of-twilio" not in repr(settings)


def test_a_file_is_found_without_being_named() -> None:
    write(GOOD)
    assert load_settings().origin == "biami.yaml"


def test_every_fault_has_its_file_and_line() -> None:
    Path("contexts/general.yaml").write_text("prompt: Hello.\nvoize: anna\n")
    with pytest.raises(ConfigErrors) as caught:
        load_settings(write(GOOD.replace("number:", "numbr:")))
    lines = str(caught.value).splitlines()
    assert any(line.startswith("biami.yaml:7: lines.office.numbr: ") for line in lines)
    assert any(line.startswith("biami.yaml:3: lines.office.number: is missing") for line in lines)
    assert any(line.startswith("contexts/general.yaml:2: contexts.general.voize: ") for line in lines)


def test_a_contexts_folder_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"biami.yaml:10: contexts: there is no folder"):
        load_settings(write(GOOD.replace("contexts/", "contextz/")))


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n"])
def test_a_file_that_is_no_configuration(text: str) -> None:
    with pytest.raises(ConfigError, match=r"biami.yaml:1: must be sections"):
        load_settings(write(text))


def test_nothing_to_read_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="-c"):
        load_settings()


def test_the_seed_names_alone_are_a_configuration() -> None:
    write(
        f"""# the prototype's file
OPENAI_API_KEY='sk-0123456789abcdef'
TWILIO_ACCOUNT_SID={SID}
export TWILIO_AUTH_TOKEN="t0ken # no comment"
TWILIO_PHONE_NUMBER=+12313993815  # ours
SERVER_PUBLIC_URL=https://voice.example.org/
TEST_MODE=true
PORT=3000
""",
        ".env",
    )
    settings = load_settings()
    phone = settings.config.lines["phone"]
    assert isinstance(phone, TwilioLine)
    assert (phone.number, phone.auth_token) == ("+12313993815", "t0ken # no comment")
    assert settings.config.server.port == 3000
    assert settings.config.server.public_url == "https://voice.example.org"
    assert settings.config.test_mode is True
    assert {"general", "sales", "support", "demo"} <= set(settings.config.contexts)
    assert "sk-0123456789abcdef" in settings.secrets
    assert settings.config.default_backend == "scripted"
    assert settings.notes == ()
    assert "sk-" not in repr(settings)


def test_the_key_alone_starts_a_browser_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    config = load_settings().config
    assert list(config.lines) == ["web"]
    assert config.backends[config.default_backend].type == "openai_realtime"


def test_without_the_key_the_scripted_backend_answers_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_MODE", "true")
    settings = load_settings()
    assert settings.config.backends[settings.config.default_backend].type == "scripted"
    assert "OPENAI_API_KEY" in settings.notes[0]


def test_half_an_account_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", SID)
    with pytest.raises(ConfigErrors) as caught:
        load_settings()
    assert [error.path for error in caught.value.errors] == [
        "TWILIO_AUTH_TOKEN",
        "TWILIO_PHONE_NUMBER",
        "SERVER_PUBLIC_URL",
    ]


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("PORT=3000\nOPENAI_API_KEY=x\n", ".env")
    monkeypatch.setenv("PORT", "4000")
    assert load_settings().config.server.port == 4000


def test_a_broken_env_file_says_its_line() -> None:
    with pytest.raises(ConfigError, match=r"\.env:2"):
        read_env_file(write("A=1\nnonsense\n", ".env"))


def test_the_shipped_example_is_right() -> None:
    config = load_settings(shipped_config_dir() / "biami.example.yaml").config
    assert {"general", "sales", "support", "demo"} <= set(config.contexts)
    assert {line.transport for line in config.lines.values()} == {"browser", "twilio"}
