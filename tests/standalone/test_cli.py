"""The command line: exit codes, sentences, and that asking for help loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from biami_voice_daemon.cli import build_parser, main

from .conftest import LAB_SID, StartDaemon, command, free_port

BROWSER_ONLY = """\
lines:
  web: {transport: browser}
backends:
  parrot: {type: echo}
contexts:
  general: {prompt: You answer.}
"""


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from biami_voice_daemon.cli import build_parser; build_parser().format_help();"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert loaded.isdisjoint({"asyncio", "aiohttp", "numpy", "ruamel", "voluptuous", "msgspec", "sqlalchemy", "json"})


@pytest.mark.parametrize("words", [[], ["dance"], ["call"], ["webhook", "move"], ["lab", "--speed", "fast"]])
def test_wrong_usage_is_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: biami-voice" in capsys.readouterr().err


def test_every_command_names_a_function() -> None:
    from importlib import import_module

    parser = build_parser()
    for words in (["run"], ["check-config"], ["call", "1"], ["calls"], ["hangup", "1"], ["webhook", "show"]):
        module, _, function = parser.parse_args(words).handler.partition(":")
        assert callable(getattr(import_module(f"biami_voice_daemon.cli.{module}"), function))


async def test_check_config(tmp_path: Path) -> None:
    (tmp_path / "biami.yaml").write_text(BROWSER_ONLY)
    finished = await command("check-config", folder=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert "biami.yaml is right" in finished.out
    (tmp_path / "biami.yaml").write_text(BROWSER_ONLY.replace("answer.", "answer., tools: [transfer_call]"))
    finished = await command("check-config", folder=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert finished.out.startswith("note: transfer_call cannot be used")
    (tmp_path / "biami.yaml").write_text(BROWSER_ONLY.replace("echo", "ecko"))
    finished = await command("check-config", "-c", "biami.yaml", folder=tmp_path)
    assert finished.code == 2
    assert finished.err.startswith("biami-voice: biami.yaml:4: backends.parrot.type: ")
    assert finished.out == ""
    (tmp_path / "biami.yaml").write_text(BROWSER_ONLY.replace("answer.", "answer., tools: [dance]"))
    for word in ("check-config", "run"):
        finished = await command(word, folder=tmp_path)
        assert finished.code == 2
        assert finished.err.startswith("biami-voice: biami.yaml:6: contexts.general.tools: ")


async def test_without_a_daemon_commands_say_how_to_start_it(tmp_path: Path) -> None:
    (tmp_path / "biami.yaml").write_text(f"server: {{port: {free_port()}}}\n" + BROWSER_ONLY)
    for words in (["calls"], ["call", "+12025550123"], ["hangup", "call_1"]):
        finished = await command(*words, folder=tmp_path)
        assert finished.code == 1
        assert "biami-voice run" in finished.err
        assert len(finished.err.splitlines()) == 1


async def test_another_program_at_the_port_is_noticed(tmp_path: Path) -> None:
    import asyncio

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        (tmp_path / "biami.yaml").write_text(f"server: {{port: {port}}}\n" + BROWSER_ONLY)
        finished = await command("calls", folder=tmp_path)
        assert finished.code == 1
        assert len(finished.err.splitlines()) == 1
        finished = await command("doctor", folder=tmp_path)
        assert finished.code == 1
        assert "server.port" in finished.out


async def test_commands_use_the_token_and_tell_what_the_daemon_said(start_daemon: StartDaemon) -> None:
    port = free_port()
    text = f"server: {{port: {port}, api_token: let-me-in-please}}\n" + BROWSER_ONLY
    daemon = await start_daemon(text)
    finished = await daemon.command("calls")
    assert (finished.code, finished.out) == (0, "no calls\n")
    finished = await daemon.command("hangup", "call_unknown")
    assert finished.code == 1
    assert "call_unknown" in finished.err
    finished = await daemon.command("call", "+12025550123")
    assert finished.code == 1
    assert "line" in finished.err
    daemon.file.write_text(text.replace("let-me-in-please", "something-else-1"))
    finished = await daemon.command("calls")
    assert finished.code == 1
    assert "token" in finished.err
    finished = await daemon.command("doctor")
    assert finished.code == 1
    assert "refuses this configuration's token" in finished.out


async def test_webhook_and_doctor_at_a_carrier(start_daemon: StartDaemon) -> None:
    port, carrier = free_port(), free_port()
    text = f"""\
server: {{port: {port}}}
lines:
  phone:
    transport: twilio
    account_sid: {LAB_SID}
    auth_token: the-token-of-the-lab
    number: "+12025550100"
    api_url: http://127.0.0.1:{carrier}
backends:
  parrot: {{type: echo}}
contexts:
  general: {{prompt: You answer.}}
lab: {{carrier_port: {carrier}}}
"""
    daemon = await start_daemon(text)
    good = await daemon.command("doctor")
    assert good.code == 0, good.out
    assert "the house has a voice (hibari)" in good.out
    assert f"calls to +12025550100 come to http://127.0.0.1:{port}/twilio/voice" in good.out
    assert (await daemon.command("webhook", "show")).code == 0
    # The tunnel has got a new address: the number still points at the old one.
    daemon.file.write_text(
        text.replace(f"{{port: {port}}}", f"{{port: {port}, public_url: 'http://localhost:{port}'}}")
    )
    astray = await daemon.command("webhook", "show")
    assert astray.code == 1
    assert f"they should go to http://localhost:{port}/twilio/voice" in astray.out
    assert "webhook set --line phone" in (await daemon.command("doctor")).out
    mended = await daemon.command("webhook", "set")
    assert mended.code == 0
    assert f"before: http://127.0.0.1:{port}/twilio/voice" in mended.out
    assert (await daemon.command("webhook", "show")).code == 0
    refused = await daemon.command("webhook", "show", "--line", "fax")
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    daemon.file.write_text(text.replace("the-token-of-the-lab", "another-token-0000"))
    unknown = await daemon.command("webhook", "show")
    assert unknown.code == 1
    assert "account_sid and auth_token" in unknown.err
