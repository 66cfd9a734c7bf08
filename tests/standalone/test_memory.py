"""After the start the collector leaves alone what was made by it."""

from __future__ import annotations

import gc

from biami_voice_daemon.memory import settle


def test_what_the_start_made_is_frozen():
    made = {"by": ["the", "start"]}
    settle()
    try:
        assert gc.get_freeze_count() > 1000
        assert not any(kept is made for kept in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(kept is made for kept in gc.get_objects())
