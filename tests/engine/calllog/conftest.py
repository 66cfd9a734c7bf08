from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from biami_engine.calllog import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/log.db")
    await store.start()
    yield store
    await store.close()
