"""The offline backend cannot be had: the daemon starts, says so, and the caller talks with the spare one."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from biami_engine.config import BackendConfig, ContextConfig, FailoverConfig
from biami_engine.engine import LocalEngine

from .conftest import House


@pytest.fixture
def broken_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine whose wheel has no weights: nothing of ours is replaced, only what pip says is installed."""
    monkeypatch.setattr("biami_engine.speech.moonshine.version", lambda name: "0.1.5")


async def test_the_spare_backend_answers(house: House, broken_wheels: None, caplog: pytest.LogCaptureFixture) -> None:
    before = house.engine.config
    general = ContextConfig("general", backend="local", failover=FailoverConfig(backends=("spare",)))
    config = replace(
        before,
        backends={"local": BackendConfig("local", "offline"), "spare": BackendConfig("spare", "echo")},
        default_backend="local",
        contexts={**before.contexts, "general": general},
    )
    with caplog.at_level(logging.WARNING):
        await house.engine.reload(config)
        phone = await house.answered(house.line.call_in())
        await house.until(lambda: bool(phone.heard), "somebody answers")
        await house.until(lambda: "cannot be used: moonshine-voice 0.1.5 has no speech recognition" in caplog.text)
    assert [event.data["detail"] for event in house.told if event.type == "backend_lost"]
    assert not phone.over


async def test_a_context_in_another_language_is_named(caplog: pytest.LogCaptureFixture, house: House) -> None:
    config = replace(
        house.engine.config,
        backends={"local": BackendConfig("local", "offline")},
        default_backend="local",
        contexts={"haus": ContextConfig("haus", language="de-DE"), "house": ContextConfig("house")},
    )
    LocalEngine(config).check(config)
    assert "the context haus is in the language de-DE, but its backend local knows only: en" in caplog.text
    assert "the context house" not in caplog.text
