"""A backend that cannot be built: found before the first call, and where it breaks later, one call is lost and said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from biami_engine.config import BackendConfig
from biami_engine.engine import LocalEngine
from biami_engine.errors import ConfigError
from biami_engine.interface import EndReason

BROKEN = "steps: [{name: a, do: [{goto: nowhere}]}]\n"


def written(path: Path, text: str) -> BackendConfig:
    path.write_text(text)
    return BackendConfig("book", "scripted", {"dialogue": str(path)})


async def test_a_broken_dialogue_is_found_by_the_check_and_by_the_start(house, tmp_path: Path) -> None:
    broken = replace(house.engine.config, backends={"book": written(tmp_path / "book.yaml", BROKEN)})
    engine = LocalEngine(replace(broken, default_backend="book"))
    with pytest.raises(ConfigError, match=r"book\.yaml:1.*nowhere"):
        engine.check(engine.config)
    with pytest.raises(ConfigError, match="nowhere"):
        await engine.start()
    await engine.stop()


async def test_a_reload_of_a_broken_dialogue_leaves_the_old_one_in_force(house, tmp_path: Path) -> None:
    before = house.engine.config
    broken = replace(before, backends={**before.backends, "book": written(tmp_path / "book.yaml", BROKEN)})
    with pytest.raises(ConfigError, match="nowhere"):
        await house.engine.reload(broken)
    assert house.engine.config is before
    await house.answered(house.line.call_in())


async def test_a_backend_that_cannot_be_had_ends_its_call_and_no_other(house) -> None:
    other = await house.answered(house.line.call_in())
    before = house.engine.config
    await house.engine.reload(replace(before, contexts={"c": replace(before.contexts["c"], backend="nobody")}))
    phone = house.line.call_in()
    result = await house.engine.wait_for_end(phone.leg.call_id)
    assert result.end_reason is EndReason.BACKEND_ERROR
    assert other.connected
